import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { Halt } from '#core/delivery/halt.ts';
import { connectForCommands, connectForWorker } from '#store/connection.ts';
import { type Disposition, type HeldEnvelope, type Lane, openLane } from '#store/delivery/lane.ts';
import { createLaneBoard, type LaneBoard, type PostedHalt } from '#store/delivery/lane-board.ts';
import {
  changeLane,
  type LaneAction,
  type LaneAnswer,
  type LaneChange,
} from '#store/delivery/lane-changes.ts';
import { Leases } from '#store/delivery/leases.ts';
import { createSettlementStore } from '#store/delivery/settlement.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { readAudit } from '#store/status/audit.ts';
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

const ANA = { pixelId: PIXEL, by: 'ana@ops', reason: 'wrong prices' };

function change(action: LaneAction, over: Partial<LaneChange> = {}): Promise<LaneAnswer> {
  return changeLane(createStore(redis, prefix), [PIXEL], { ...ANA, action, ...over });
}

async function halted(): Promise<PostedHalt | null> {
  return (await board.read()).get(PIXEL) ?? null;
}

test('a paused lane gives nothing out, whatever workers of any release have seen, until it is resumed', async () => {
  await fill();
  expect(await change('pause')).toEqual({ kind: 'done' });
  const seen = await halted();
  expect(seen?.halt).toMatchObject({
    state: 'paused',
    why: expect.stringMatching(
      /^paused by ana@ops since \d{4}-\d\d-\d\d \d\d:\d\d UTC: wrong prices$/,
    ),
    pause: { by: 'ana@ops', reason: 'wrong prices' },
  });
  // What an earlier release makes of the entry: blocked for longer than it runs, and no other state.
  const [, text = ''] = /^\d+ (.*)$/.exec(seen?.version ?? '') ?? [];
  expect(JSON.parse(text)).toMatchObject({ state: 'blocked', rejecting: false, turn: 1 });
  const ids: string[] = [];
  const lanes = fleet(async ({ id }) => {
    ids.push(id);
    return { kind: 'done' };
  });
  // Such a release probes a blocked lane after a reload, and resumes one whose probe was accepted.
  const probe: Halt = { ...halt(0), state: 'blocked' };
  for (const known of [seen, null]) {
    expect((await board.halt(PIXEL, known, probe))?.version).toBe(seen?.version);
  }
  expect(await board.resume(PIXEL, seen as PostedHalt)).toBe(false);
  expect(await halted()).toMatchObject({ version: seen?.version });
  await settledDepth({ waiting: ENVELOPES, active: 0 });
  await sleep(300);
  expect(ids).toEqual([]);
  expect(await change('resume', { reason: null })).toEqual({ kind: 'done' });
  await settledDepth({ waiting: 0, active: 0, delayed: 0, failed: 0 });
  expect(new Set(ids).size).toBe(ENVELOPES);
  expect(ids).toHaveLength(ENVELOPES);
  const told = await readAudit(createStore(redis, prefix), 10);
  expect(told.map(({ action, by, reason, details }) => [action, by, reason, details])).toEqual([
    ['lane_resumed', 'ana@ops', null, { pixel: PIXEL, before: 'paused' }],
    ['lane_paused', 'ana@ops', 'wrong prices', { pixel: PIXEL, before: 'active' }],
  ]);
  await Promise.all(lanes.map((lane) => lane.close()));
});

async function settledDepth(expected: Record<string, number>): Promise<void> {
  await eventually(async () => {
    const depth = (await readLaneDepths(createStore(redis, prefix), [PIXEL])).get(PIXEL);
    expect(depth).toMatchObject(expected);
  });
}

test('who resumes a lane that was halted before it was paused has it halted as before', async () => {
  const before = await board.halt(PIXEL, null, { ...halt(3_600_000), state: 'throttled' });
  await change('pause');
  await change('resume');
  const after = await halted();
  expect(after?.version).toBe(before?.version);
  expect(await redis.pttl(`${prefix}:deliver-${PIXEL}:limiter`)).toBeGreaterThan(3_000_000);
  expect(await redis.hget(`${prefix}:deliver-${PIXEL}:meta`, 'concurrency')).toBe('1');
  await change('probe');
  const probed = await halted();
  expect(probed?.halt).toMatchObject({ state: 'throttled', turn: 1 });
  expect(probed?.halt.until).toBeLessThanOrEqual(Date.now());
  expect(await redis.exists(`${prefix}:deliver-${PIXEL}:limiter`)).toBe(0);
  // Paused while it is probed; later its probe is due.
  await change('pause');
  expect(await board.resume(PIXEL, probed as PostedHalt)).toBe(false);
  await change('resume');
  expect((await halted())?.version).toBe(probed?.version);
  expect(await board.resume(PIXEL, probed as PostedHalt)).toBe(true);
  expect(await redis.hget(`${prefix}:deliver-${PIXEL}:meta`, 'concurrency')).toBeNull();
});

test('a lane that was blocked when it was paused is probed at once when it is resumed', async () => {
  await board.halt(PIXEL, null, { ...halt(3_600_000), state: 'blocked', rejecting: true });
  await change('pause');
  await change('resume');
  const { halt: after } = (await halted()) ?? {};
  expect(after).toMatchObject({ state: 'blocked', rejecting: true });
  expect(after?.until).toBeLessThanOrEqual(Date.now());
  expect(await redis.exists(`${prefix}:deliver-${PIXEL}:limiter`)).toBe(0);
});

test('of two people who change a lane at once, one is told what the other has done', async () => {
  const answers = await Promise.all([1, 2, 3, 4].map((n) => change('pause', { by: `p${n}` })));
  expect(answers.filter(({ kind }) => kind === 'done')).toHaveLength(1);
  const [refused] = answers.flatMap((answer) => (answer.kind === 'refused' ? answer.why : []));
  expect(refused).toMatch(
    /^the lane of pixel 101 is already paused by p\d since .* UTC: wrong prices$/,
  );
  expect(await readAudit(createStore(redis, prefix), 10)).toHaveLength(1);
});

test('what makes no sense for a lane changes nothing, and says why', async () => {
  const whyOf = async (action: LaneAction, over: Partial<LaneChange> = {}) => {
    const answer = await change(action, over);
    return answer.kind === 'done' ? answer : `${answer.kind}: ${answer.why}`;
  };
  expect(await whyOf('resume')).toBe('refused: the lane of pixel 101 is not paused: it is active');
  expect(await whyOf('probe')).toBe('refused: the lane of pixel 101 is not halted: it is active');
  for (const pixelId of ['999', '__proto__', '', `${PIXEL} `]) {
    expect(await whyOf('pause', { pixelId })).toContain(`unknown: there is no pixel “${pixelId}”`);
  }
  await redis.sadd(`${prefix}:pixels`, '102');
  expect(await whyOf('pause', { pixelId: '102' })).toContain('refused: pixel 102 has no lane');
  await board.halt(PIXEL, null, halt(0));
  expect(await whyOf('probe')).toContain('is being probed already');
  expect(await whyOf('resume')).toContain('is not paused: it is failing (no)');
  await change('pause');
  expect(await whyOf('probe')).toContain('only resume ends that');
  // One that is configured no longer can be resumed all the same.
  const nowhere = createStore(redis, prefix);
  await redis.sadd(`${prefix}:pixels`, PIXEL);
  expect(await changeLane(nowhere, [], { ...ANA, action: 'resume' })).toEqual({ kind: 'done' });
  expect(await readAudit(nowhere, 10)).toHaveLength(2);
});

test('a pause that the audit trail does not take is none', async () => {
  await redis.set(`${prefix}:audit`, 'no stream');
  await expect(change('pause')).rejects.toThrow('WRONGTYPE');
  expect(await board.read()).toEqual(new Map());
  expect(await redis.exists(`${prefix}:deliver-${PIXEL}:meta`)).toBe(0);
});

test('a halt of a state that a later release adds is read as blocked', async () => {
  const facts = { state: 'resting', why: 'new', rejecting: false, turn: 1, more: {} };
  await redis.hset(`${prefix}:lanes`, PIXEL, `${Date.now() + 60_000} ${JSON.stringify(facts)}`);
  expect((await halted())?.halt).toMatchObject({ state: 'blocked', why: 'new' });
});
