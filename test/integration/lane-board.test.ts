import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { Halt } from '#core/delivery/halt.ts';
import { connectForCommands, connectForWorker } from '#store/connection.ts';
import { type Disposition, type HeldEnvelope, type Lane, openLane } from '#store/delivery/lane.ts';
import { createLaneBoard, type LaneBoard } from '#store/delivery/lane-board.ts';
import { Leases } from '#store/delivery/leases.ts';
import { createSettlementStore } from '#store/delivery/settlement.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { readLaneDepths } from '#store/status/depth.ts';
import { createStore } from '#store/store.ts';
import { eventually } from '#test/support/deadline.ts';
import { disposing } from '#test/support/disposing.ts';

const URL = process.env['TEST_REDIS_URL'] ?? '';
const PIXEL = '101';
const ENVELOPES = 40;
const connections: Redis[] = [];
let prefix = '';
let redis: Redis;
let board: LaneBoard;

function connect(make = connectForCommands): Redis {
  const connection = make(URL, () => {});
  connections.push(connection);
  return connection;
}

function leases(): Leases {
  const work = new RedisWork({ onFailure() {} });
  return new Leases(createStore(connect(), prefix), { lockMs: 30_000, work, onLost: () => {} });
}

beforeEach(() => {
  prefix = `{board-${randomBytes(6).toString('hex')}}`;
  redis = connect();
  board = createLaneBoard(createStore(redis, prefix));
});

afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.quit().catch(() => {})));
});

function halt(forMs: number, turn = 1): Halt {
  return { state: 'failing', why: 'no', rejecting: false, turn, until: Date.now() + forMs };
}

async function fill(): Promise<void> {
  const store = createIntakeStore(createStore(connect(), prefix), {
    groupId: 'g',
    sealer: createOpenSealer(),
  });
  const envelopes = Array.from({ length: ENVELOPES }, (_, index) => {
    return { pixelId: PIXEL, id: `e-${index}`, data: { n: 1, d: '' } };
  });
  const steps = [{ topic: 't', partition: 0, from: null, to: ENVELOPES }];
  await store.write({ envelopes, deadLetters: [], counts: new Map(), steps });
  await store.close();
}

/** Three workers, as they would run in three processes. */
function fleet(handle: (envelope: HeldEnvelope) => Promise<Disposition>): Lane[] {
  const options = {
    pixelId: PIXEL,
    concurrency: 8,
    lockMs: 30_000,
    leases: leases(),
    onError: () => {},
    onMalformed: async () => 0,
  };
  return [1, 2, 3].map(() => {
    const settling = {
      sealer: createOpenSealer(),
      work: new RedisWork({ onFailure() {} }),
    };
    const settlements = createSettlementStore(createStore(connect(), prefix), settling);
    return openLane(
      createStore(connect(connectForWorker), prefix),
      options,
      disposing(settlements, PIXEL, handle),
    );
  });
}

test('who knows less than the board changes nothing, and learns what stands there', async () => {
  const first = await board.halt(PIXEL, null, halt(5000));
  const second = await board.halt(PIXEL, null, halt(9000, 7));
  expect(second?.version).toBe(first?.version);
  expect(second?.halt.turn).toBe(1);
  const third = await board.halt(PIXEL, second, halt(9000, 2));
  expect(await board.resume(PIXEL, first as never)).toBe(false);
  expect([...(await board.read()).keys()]).toEqual([PIXEL]);
  expect(await board.resume(PIXEL, third as never)).toBe(true);
  expect(await board.read()).toEqual(new Map());
});

test('a halted lane gives no worker an envelope; over, it gives one at a time to the whole fleet', async () => {
  await fill();
  let posted = await board.halt(PIXEL, null, halt(800));
  const until = posted?.halt.until ?? 0;
  let held = 0;
  let most = 0;
  const takenAt: number[] = [];
  const attempts: number[] = [];
  const lanes = fleet(async (envelope) => {
    held += 1;
    most = Math.max(most, held);
    takenAt.push(Date.now());
    attempts.push(envelope.failures);
    await sleep(30);
    held -= 1;
    if (takenAt.length > 3) return { kind: 'done' };
    // The first three probes fail.
    posted = await board.halt(PIXEL, posted, halt(100, takenAt.length + 1));
    return { kind: 'defer', waitMs: 100 };
  });
  await eventually(() => expect(takenAt.length).toBeGreaterThan(5));
  expect(most).toBe(1);
  expect(Math.min(...takenAt)).toBeGreaterThanOrEqual(until - 5);
  await board.resume(PIXEL, posted as never);
  await eventually(async () => {
    const depth = (await readLaneDepths(createStore(redis, prefix), [PIXEL])).get(PIXEL);
    expect(depth).toMatchObject({ waiting: 0, active: 0, delayed: 0, failed: 0 });
  });
  expect(takenAt).toHaveLength(ENVELOPES + 3);
  expect(Math.max(...attempts)).toBe(0);
  expect(most).toBeGreaterThan(1);
  await Promise.all(lanes.map((lane) => lane.close()));
});
