import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import {
  type ChangeStore,
  createChangeStore,
  type DeadLetterChange,
} from '#store/dead-letters/change.ts';
import { importLetters } from '#store/dead-letters/import.ts';
import { readMarked } from '#store/dead-letters/read.ts';
import { changeReplay, createReplay, readReplay } from '#store/dead-letters/replay/store.ts';
import { RecordLines, sealEnvelope } from '#store/intake/envelope.ts';
import { createKeys } from '#store/keys.ts';
import { createSealer, sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { deadRecord, insertDeadLetters } from '#test/support/insert-dead-letters.ts';
import { uniqueName } from '#test/support/names.ts';
import { readAllFacts } from '#test/support/read-dead-letters.ts';

const PIXEL = '101';
const COMMANDS = [
  ...['get', 'set', 'exists', 'incr', 'hget', 'hset', 'hmget', 'hincrby', 'hdel', 'del', 'time'],
  ...['zadd', 'zrem', 'zscore', 'zcard', 'sadd', 'xadd', 'lrem', 'hlen', 'zrangebyscore', 'eval'],
];
const KEY = { id: 'k', key: randomBytes(32) };
const sealer = createSealer('k', [KEY]);
let folder = '';
let server: LocalServer;
let admin: Redis;
let user: Redis;
let prefix = '';
let store: ChangeStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-change-'));
  server = await startRedis({ folder, port: await freePort() }, () => {});
  admin = connectForCommands(server.address, () => {});
  await allow();
  user = connectForCommands(server.address.replace('redis://', 'redis://relay:secret@'), () => {});
});

beforeEach(async () => {
  await allow();
  prefix = `{${uniqueName('change')}}`;
  store = createChangeStore({ ...createStore(user, prefix), sealer }, 'us');
  expect(await store.lock()).toBeNull();
});

afterAll(async () => {
  admin.disconnect();
  user.disconnect();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function allow(...rules: string[]): Promise<void> {
  await admin.call('ACL', 'SETUSER', 'relay', 'on', '>secret', '~*', '&*', '+@all', ...rules);
}

/** Of three dead letters the page goes, one is written again, one is put into the queue, one is purged. */
async function changeOf(replay: string) {
  await insertDeadLetters(
    createStore(admin, prefix),
    sealer,
    [1, 2, 3].map((at) => deadRecord(at, PIXEL)),
  );
  const removed = [];
  for await (const facts of readAllFacts(createStore(admin, prefix), sealer)) removed.push(facts);
  const name = { pixelId: PIXEL, id: `replay.${replay}.a` };
  const lines = RecordLines.of([Buffer.from('0,0,0,0,1\t{}\t{}')]);
  return {
    removed,
    envelopes: [{ ...name, data: sealEnvelope(sealer, name, [['t', 0]], lines) }],
    inserted: [deadRecord(9, PIXEL)],
    ledgers: new Map([[PIXEL, { dead: -2, queued: 1, purged: 1 }]]),
    progress: { replay, fields: { queued: '1', cursor: 'x' } },
    purged: { ids: [removed[0]?.id ?? ''], holds: true },
    audit: {
      at: 0,
      by: 'us',
      action: 'edited',
      reason: null,
      where: null,
      replay,
      details: {},
    },
  } satisfies DeadLetterChange;
}

/** Everything under the prefix, except what counts up, wakes workers or ends by itself. */
async function contents(): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const key of (await admin.keys(`${prefix}:*`)).sort()) {
    if (/:(?:id|events|marker|meta|pc|replay-lock|pixels|since)$/.test(key)) continue;
    const type = await admin.type(key);
    if (type === 'hash') {
      const fields = Object.entries(await admin.hgetall(key));
      const kept = fields.filter(([field, value]) => value !== '0' && field !== 'pages').sort();
      if (kept.length > 0) found[key] = Object.fromEntries(kept);
    } else if (type === 'zset') found[key] = await admin.zrange(key, '0', '-1', 'WITHSCORES');
    else if (type === 'stream') found[key] = await admin.xrange(key, '-', '+');
    else if (type === 'string') found[key] = await admin.get(key);
    else found[key] = type;
  }
  return found;
}

describe('a change of dead letters in which a command is refused leaves everything as it was', () => {
  test.each(COMMANDS)('without the permission for %s', async (command) => {
    const change = await changeOf('r1');
    const before = await contents();
    await allow(`-${command}`, ...(command === 'eval' ? ['-evalsha'] : []));
    const refused = store.applyChange(change);
    await expect(refused).rejects.toThrow(/NOPERM|no permissions?|can.t run this command/i);
    await allow();
    expect(await contents()).toEqual(before);
    expect(await store.applyChange(change)).toBe('done');
    const after = await contents();
    expect(after[`${prefix}:ledger:${PIXEL}`]).toMatchObject({
      dead: '1',
      queued: '1',
      purged: '1',
    });
    expect(after[`${prefix}:deliver-${PIXEL}:prioritized`]).toHaveLength(2);
    expect(after[`${prefix}:dead:totals`]).toMatchObject({ held: '1' });
  });

  test('and one of another process, which has taken the lock, does nothing', async () => {
    const change = await changeOf('r1');
    await admin.set(createKeys(prefix).replayLock, 'them', 'PX', 60_000);
    const before = await contents();
    expect(await store.applyChange(change)).toBe('lost');
    expect(await contents()).toEqual(before);
  });
});

test('a full Redis lets a purge through, because it makes room', async () => {
  const { removed, ledgers } = await changeOf('r1');
  await admin.config('SET', 'maxmemory', '1mb');
  const marks = { ids: removed.map(({ id }) => id), holds: true };
  const purged = await store
    .applyChange({ removed, ledgers, purged: marks })
    .finally(() => admin.config('SET', 'maxmemory', '1gb'));
  expect(purged).toBe('done');
});

test('what was purged is forgotten after ninety days, counted from the upgrade for what is older', async () => {
  const { purged } = createKeys(prefix).dead;
  const since = `${purged}:since`;
  const mark = (id: string) => store.applyChange({ purged: { ids: [id], holds: true } });
  await admin.hset(purged, 'earlier01', '1');
  await mark('old01.0');
  await mark('new01.0');
  expect(await admin.zcard(since)).toBe(3);
  await admin.zadd(since, Math.floor(Date.now() / 1000) - 91 * 86_400, 'old01');
  await mark('next01.0');
  const ids = ['earlier01.0', 'old01.0', 'new01.0', 'next01.0'];
  expect([...(await readMarked(createStore(admin, prefix), 'purged', ids))]).toEqual(
    ids.filter((id) => id !== 'old01.0'),
  );
  expect(await admin.zcard(since)).toBe(3);
});

test('a dead letter of another installation is not taken in when it could not be remembered', async () => {
  const now = Date.now();
  const lines = [1, 89, 91].map((days) => {
    const { facts, content } = deadRecord(days, PIXEL, { diedAt: now - days * 86_400_000 });
    return { store: 'another', facts: { ...facts, id: `page${days}01.0` }, content };
  });
  async function* parts() {
    yield lines;
  }
  const sealing = { currentKey: 'k', keys: [KEY], acceptUnsealed: false, acceptVersion1: false };
  await store.close();
  const account = { by: 'us', reason: null };
  const sealed = { ...createStore(user, prefix), sealer: sealerOf(sealing) };
  const take = () => importLetters(parts(), account, sealed);
  expect(await take()).toEqual({ imported: 2, known: 0, expired: 1 });
  expect(await take()).toEqual({ imported: 0, known: 2, expired: 1 });
});

test('of a cancel and a resume at once, the cancel holds', async () => {
  const asked = {
    where: 'pixel:101',
    startedAt: Date.now(),
    planned: 1,
    max: null,
    rate: null,
    canary: 0,
    stopAbove: 0.5,
    includeUnknown: false,
    forceLoop: false,
    by: 'us',
    reason: null,
  };
  const change = { why: null, by: 'us' };
  for (let round = 0; round < 50; round += 1) {
    const { id } = (await createReplay(createStore(admin, prefix), asked, true)).spec;
    await changeReplay(createStore(admin, prefix), id, { ...change, state: 'paused' });
    await Promise.all([
      changeReplay(createStore(admin, prefix), id, { ...change, state: 'cancelled' }),
      changeReplay(createStore(user, prefix), id, { ...change, state: 'running' }),
    ]);
    expect((await readReplay(createStore(admin, prefix), id))?.state).toBe('cancelled');
    expect(await admin.smembers(createKeys(prefix).detachedReplays)).toEqual([]);
  }
});
