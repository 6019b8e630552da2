import { randomBytes } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { Sweep } from '#control/duties/sweep.ts';
import { connectForCommands } from '#store/connection.ts';
import { createOrphanStore, type OrphanStore } from '#store/delivery/orphans.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { createKeys, type Keys, queueName } from '#store/keys.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { readLaneDepths } from '#store/status/depth.ts';
import { imbalance, readLedgers } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';

const URL = process.env['TEST_REDIS_URL'] ?? '';
const PIXEL = '101';
const OTHER = '102';
const EVENTS = 10;
const EVERY_MS = 1000;
const ENVELOPES = ['e-0', 'e-1', 'e-2'];
const connections: Redis[] = [];
let prefix = '';
let redis: Redis;
let keys: Keys;
let store: OrphanStore;

beforeEach(async () => {
  prefix = `{orphans-${randomBytes(6).toString('hex')}}`;
  keys = createKeys(prefix);
  redis = connectForCommands(URL, () => {});
  connections.push(redis);
  store = createOrphanStore(createStore(redis, prefix));
  await fill();
});

afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.quit().catch(() => {})));
});

async function fill(): Promise<void> {
  const sealer = createOpenSealer();
  const connection = redis.duplicate();
  const intake = createIntakeStore(createStore(connection, prefix), { groupId: 'g', sealer });
  const counts = { consumed: 30, filtered: 0, dead: 0, queued: 30 };
  await intake.write({
    envelopes: [PIXEL, OTHER].flatMap((pixelId) => {
      return ENVELOPES.map((id) => ({ pixelId, id, data: { n: EVENTS, d: 'all' } }));
    }),
    deadLetters: [],
    counts: new Map([PIXEL, OTHER].map((pixelId) => [pixelId, counts])),
    steps: [{ topic: 't', partition: 0, from: null, to: 60 }],
  });
  await intake.close();
  await connection.quit();
}

/** Looks as often as it takes to act; resolves to what was set right. */
async function sweep(): Promise<string[]> {
  const healed: string[] = [];
  const sweeping = new Sweep({
    store,
    everyMs: EVERY_MS,
    onHealed: (...found) => void healed.push(found.join(' ')),
  });
  await sweeping.look(0);
  await sweeping.look(EVERY_MS - 1);
  expect(healed).toEqual([]);
  await sweeping.look(EVERY_MS);
  await sweeping.look(2 * EVERY_MS);
  await sweeping.look(3 * EVERY_MS);
  return healed;
}

async function ledger() {
  const found = (await readLedgers({ redis, keys })).get(PIXEL);
  if (found === undefined) throw new Error('no ledger');
  expect(imbalance(found)).toBe(0);
  return found;
}

async function waiting() {
  return (await readLaneDepths(createStore(redis, prefix), [PIXEL])).get(PIXEL)?.waiting;
}

const list = (part: string) => `${prefix}:${queueName(PIXEL)}:${part}`;

describe('envelopes that are in Redis only in part', () => {
  test('are none where all is sound', async () => {
    expect(await store.uneven([PIXEL, OTHER, 'never-seen'])).toEqual([]);
    expect(await store.find(PIXEL)).toEqual(new Set());
    expect(await sweep()).toEqual([]);
    expect(await ledger()).toMatchObject({ queued: 30, lost: 0 });
  });

  test('an entry without a job: its events are counted as lost, and no longer as queued', async () => {
    await redis.del(keys.job(PIXEL, 'e-1'));
    await redis.lrem(list('wait'), 0, 'e-1');
    expect(await store.uneven([OTHER, PIXEL])).toEqual([PIXEL]);
    expect(await sweep()).toEqual(['101 e-1 lost 10']);
    expect(await ledger()).toMatchObject({ queued: 20, lost: 10 });
    expect(await redis.hkeys(keys.open(PIXEL))).toEqual(['e-0', 'e-2']);
    expect(await store.uneven([OTHER, PIXEL])).toEqual([]);
  });

  test('a job without an entry that the ledger does not wait for was settled, and is removed', async () => {
    await redis.hdel(keys.open(PIXEL), 'e-1');
    await redis.hincrby(keys.ledger(PIXEL), 'queued', -EVENTS);
    await redis.hincrby(keys.ledger(PIXEL), 'delivered', EVENTS);
    expect(await store.uneven([OTHER, PIXEL])).toEqual([PIXEL]);
    expect(await sweep()).toEqual(['101 e-1 settled 10']);
    expect(await ledger()).toMatchObject({ queued: 20, delivered: 10, lost: 0 });
    expect(await waiting()).toBe(2);
    expect(await redis.exists(keys.job(PIXEL, 'e-1'))).toBe(0);
  });

  test('jobs whose entries are gone while the ledger waits for them get them back', async () => {
    await redis.del(keys.open(PIXEL));
    expect((await sweep()).sort()).toEqual(ENVELOPES.map((id) => `101 ${id} restored 10`));
    expect(await ledger()).toMatchObject({ queued: 30, lost: 0 });
    expect(await redis.hlen(keys.open(PIXEL))).toBe(3);
    expect(await waiting()).toBe(3);
  });

  test('a job that stands in no list is queued again', async () => {
    await redis.del(list('wait'));
    expect((await sweep()).sort()).toEqual(ENVELOPES.map((id) => `101 ${id} requeued 10`));
    expect(await waiting()).toBe(3);
    expect(await store.uneven([PIXEL])).toEqual([]);
  });

  test('one wrong in each way is found although the counts agree', async () => {
    await redis.del(keys.job(PIXEL, 'e-0'));
    await redis.lrem(list('wait'), 0, 'e-0');
    await redis.hdel(keys.open(PIXEL), 'e-1');
    await redis.hincrby(keys.ledger(PIXEL), 'queued', -EVENTS);
    await redis.hincrby(keys.ledger(PIXEL), 'delivered', EVENTS);
    expect(await store.uneven([PIXEL])).toEqual([]);
    const healed: string[] = [];
    const onHealed = (_pixel: string, id: string, kind: string) =>
      void healed.push(`${id} ${kind}`);
    const sweeping = new Sweep({ store, everyMs: EVERY_MS, onHealed });
    for (let at = 0; at < 8; at += 1) await sweeping.look((at * EVERY_MS) / 2);
    expect(healed.sort()).toEqual(['e-0 lost', 'e-1 settled']);
  });

  test('stay as they are while a worker holds them', async () => {
    await redis.hdel(keys.open(PIXEL), 'e-1');
    await redis.set(`${keys.job(PIXEL, 'e-1')}:lock`, 'held');
    expect(await sweep()).toEqual([]);
    expect(await redis.exists(keys.job(PIXEL, 'e-1'))).toBe(1);
  });
});
