import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connectForCommands, connectForWorker, type Redis } from '#store/connection.ts';
import { type HeldEnvelope, type Lane, openLane } from '#store/delivery/lane.ts';
import { Leases } from '#store/delivery/leases.ts';
import { createOrphanStore } from '#store/delivery/orphans.ts';
import { createPoisonStore, readUnreadable } from '#store/delivery/poison.ts';
import type { Room } from '#store/delivery/room-gate.ts';
import { createSettlementStore } from '#store/delivery/settlement.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { readLedgers } from '#store/status/ledger.ts';
import { createStore, type Store } from '#store/store.ts';
import { eventually } from '#test/support/deadline.ts';
import { disposing } from '#test/support/disposing.ts';
import { plantedQueue } from '#test/support/planted-queue.ts';

const URL = process.env['TEST_REDIS_URL'] ?? '';
const PIXEL = '101';
const EVENTS = 3;
const GOOD = ['good-0', 'good-1', 'good-2'];
const WAIT_MS = 60_000;
const work = new RedisWork({ onFailure() {} });

let connections: Redis[] = [];
let store: Store;
let lane: Lane | null = null;
let leases: Leases;
let errors: Error[] = [];
let held: HeldEnvelope[] = [];
let malformed: string[] = [];
/** Events of every envelope that took its room, and how often room was reserved and given back. */
let room: { used: number[]; reserved: number; released: number };

beforeEach(async () => {
  [connections, errors, held, malformed] = [[], [], [], []];
  room = { used: [], reserved: 0, released: 0 };
  const prefix = `{malformed-${randomBytes(6).toString('hex')}}`;
  store = createStore(connect(connectForCommands), prefix);
  leases = new Leases(store, { lockMs: 60_000, work, onLost: () => {} });
});

afterEach(async () => {
  await lane?.close();
  leases.close();
  await Promise.all(connections.map((connection) => connection.quit()));
});

function connect(make: typeof connectForCommands): Redis {
  const connection = make(URL, () => {});
  connections.push(connection);
  return connection;
}

/** Takes in envelopes, as ingest does, and puts something else into the first job. */
async function fill(text: string): Promise<void> {
  const intakes = createIntakeStore(store, { groupId: 'g', sealer: createOpenSealer() });
  const ids = ['bad', ...GOOD];
  const events = EVENTS * ids.length;
  const envelopes = ids.map((id) => ({ pixelId: PIXEL, id, data: { n: EVENTS, d: '' } }));
  const counts = new Map([[PIXEL, { consumed: events, filtered: 0, dead: 0, queued: events }]]);
  const steps = [{ topic: 't', partition: 0, from: null, to: events }];
  await intakes.write({ envelopes, deadLetters: [], counts, steps });
  await intakes.close();
  await store.redis.hset(store.keys.job(PIXEL, 'bad'), 'data', text);
}

function countingRoom(): Room {
  return {
    reserve() {
      room.reserved += 1;
      let over = false;
      return {
        use: (events) => void room.used.push(events),
        release() {
          if (!over) room.released += 1;
          over = true;
        },
      };
    },
    close() {},
  };
}

function open(): void {
  const settling = { sealer: createOpenSealer(), work };
  const waiting = createStore(connect(connectForWorker), store.keys.prefix);
  lane = openLane(
    waiting,
    {
      ...{ pixelId: PIXEL, concurrency: 1, lockMs: 60_000, leases, room: countingRoom() },
      onError: (error) => errors.push(error),
      async onMalformed(id, why) {
        malformed.push(`${id}: ${why}`);
        await createPoisonStore(store).unreadable(PIXEL, id, why);
        return WAIT_MS;
      },
    },
    disposing(createSettlementStore(store, settling), PIXEL, (envelope) => {
      held.push(envelope);
      return { kind: 'done' };
    }),
  );
}

const ledger = async () => (await readLedgers(store)).get(PIXEL);
const heldIds = () => held.map(({ id }) => id).toSorted();
const delayed = () => store.redis.zrange(store.keys.ofQueue(PIXEL, 'delayed'), '0', '-1');

test.each([
  ['is no JSON', '{"n":3,"d":"'],
  ['is empty', ''],
  ['is null', 'null'],
  ['is a list', '[3,""]'],
  ['is a text', '"envelope"'],
  ['has nothing in it', '{}'],
  ['has no content', '{"n":3}'],
  ['counts its events in words', '{"n":"three","d":""}'],
  ['counts fewer events than none', '{"n":-3,"d":""}'],
  ['counts more events than there are numbers', '{"n":1e300,"d":""}'],
  ['has a version that is no text', '{"v":7,"n":3,"d":""}'],
  ['is that of another release', '{"events":["…"],"n":3}'],
])('a job whose data %s waits as it is, and the others are delivered', async (_, text) => {
  await fill(text);
  open();
  await eventually(() => expect(heldIds()).toEqual(GOOD));
  await eventually(async () => expect(await delayed()).toEqual(['bad']));
  await eventually(async () => expect(await ledger()).toMatchObject({ delivered: 9, queued: 3 }));
  expect(malformed).toEqual(['bad: its job holds no envelope']);
  expect(errors).toEqual([]);
  expect(await store.redis.hgetall(store.keys.open(PIXEL))).toEqual({ bad: '3' });
  const job = await store.redis.hgetall(store.keys.job(PIXEL, 'bad'));
  expect(job).toMatchObject({ data: text });
  expect([job['stc'], job['atm'] ?? '0']).toEqual([undefined, '0']);
  expect(await store.redis.exists(`${store.keys.job(PIXEL, 'bad')}:lock`)).toBe(0);
  expect((await readUnreadable(store, [PIXEL])).get(PIXEL)).toMatchObject({ envelopes: 1 });
  await lane?.close();
  expect(room.used).toEqual([3, 3, 3]);
  expect(room.released).toBe(room.reserved);
});

test('one that is repaired is delivered as any other', async () => {
  await fill('nonsense');
  open();
  await eventually(async () => expect(await delayed()).toEqual(['bad']));
  await store.redis.hset(store.keys.job(PIXEL, 'bad'), 'data', `{"n":${EVENTS},"d":""}`);
  const queue = plantedQueue(store, PIXEL);
  await (await queue.getJob('bad'))?.promote();
  await queue.close();
  await eventually(async () => expect(await ledger()).toMatchObject({ delivered: 12, queued: 0 }));
  const last = held.find(({ id }) => id === 'bad');
  expect(last).toMatchObject({ failures: 0, stalls: 0, data: { n: EVENTS, d: '' } });
  expect((await readUnreadable(store, [PIXEL])).get(PIXEL)).toMatchObject({ envelopes: 0 });
});

test('one that nothing was ever queued for ends with the next sweep, and its note with it', async () => {
  await fill(`{"n":${EVENTS},"d":""}`);
  const queue = plantedQueue(store, PIXEL);
  await queue.add('stranger', { hello: 'world' }, { jobId: 'stranger' });
  await queue.close();
  open();
  await eventually(async () => expect(await delayed()).toEqual(['stranger']));
  await eventually(async () => expect(await ledger()).toMatchObject({ delivered: 12, queued: 0 }));
  const orphans = createOrphanStore(store);
  expect(await orphans.find(PIXEL)).toEqual(new Set(['stranger']));
  expect(await orphans.heal(PIXEL, 'stranger')).toEqual({ kind: 'settled', events: 0 });
  expect(await store.redis.exists(store.keys.job(PIXEL, 'stranger'))).toBe(0);
  expect((await readUnreadable(store, [PIXEL])).get(PIXEL)).toMatchObject({ envelopes: 0 });
  expect(await ledger()).toMatchObject({ consumed: 12, delivered: 12, lost: 0 });
});
