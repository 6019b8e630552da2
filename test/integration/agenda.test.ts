import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { connectForCommands } from '#store/connection.ts';
import { createAgenda, type WorkAgenda } from '#store/delivery/agenda.ts';
import { BatchedFetcher } from '#store/delivery/fetcher.ts';
import type { Disposition, HeldEnvelope } from '#store/delivery/lane.ts';
import { createLaneBoard } from '#store/delivery/lane-board.ts';
import { Leases } from '#store/delivery/leases.ts';
import { createSettlementStore } from '#store/delivery/settlement.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { queueName } from '#store/keys.ts';
import { LOOK } from '#store/lua/agenda.ts';
import { fetchScript } from '#store/lua/visits.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { readLedgers } from '#store/status/ledger.ts';
import { createStore, type Store } from '#store/store.ts';
import { commandsIn } from '#test/support/commands-in.ts';
import { eventually } from '#test/support/deadline.ts';
import { disposing } from '#test/support/disposing.ts';
import { LimitedUser } from '#test/support/limited-user.ts';
import { openVisitedLane, type VisitedLane } from '#test/support/open-lane.ts';

const URL = process.env['TEST_REDIS_URL'] ?? '';
/** So long that nothing below waits for a part of it. */
const LOCK_MS = 3_600_000;
const FAR_MS = 600_000;
/** So short that what a dead worker held is found at once. */
const SHORT_MS = 400;
const HALT = { state: 'failing', why: 'no', rejecting: false, turn: 1 } as const;
const work = new RedisWork({ onFailure() {} });
const connections: Redis[] = [];
let closing: { close(): Promise<void> }[] = [];
let store: Store;
let agenda: WorkAgenda;
let fetcher: BatchedFetcher;
let taken = 0;

function connect(make = connectForCommands): Redis {
  const connection = make(URL, () => {});
  connections.push(connection);
  return connection;
}

beforeEach(() => {
  closing = [];
  taken = 0;
  store = createStore(connect(), `{agenda-${randomBytes(6).toString('hex')}}`);
  agenda = createAgenda(store, connect());
  fetcher = new BatchedFetcher(store, { lockMs: LOCK_MS });
});

afterEach(async () => {
  await Promise.all(closing.map((each) => each.close()));
});

afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.quit().catch(() => {})));
});

/** Queues envelopes of one event each, as ingest does. */
async function fill(pixelIds: readonly string[], each = 1, to = store): Promise<void> {
  const intakes = createIntakeStore(to, { groupId: 'g', sealer: createOpenSealer() });
  const envelopes = pixelIds.flatMap((pixelId) =>
    Array.from({ length: each }, (_, n) => ({
      pixelId,
      id: `e-${taken}-${n}`,
      data: { n: 1, d: '' },
    })),
  );
  const count = { consumed: each, filtered: 0, dead: 0, queued: each };
  const counts = new Map(pixelIds.map((pixelId) => [pixelId, count]));
  const from = taken === 0 ? null : taken;
  taken += envelopes.length;
  const steps = [{ topic: 't', partition: 0, from, to: taken }];
  await intakes.write({ envelopes, deadLetters: [], counts, steps });
  await intakes.close();
}

/** What an ingest of an earlier release does: it queues envelopes, and rings where no worker listens. */
async function fillAsBefore(pixelIds: readonly string[]): Promise<void> {
  const { keys } = store;
  const silent = { agenda: `${keys.agenda}:silent`, bell: `${keys.bell}:silent` };
  await fill(pixelIds, 1, { ...store, keys: { ...keys, ...silent } });
}

const settlements = () => createSettlementStore(store, { sealer: createOpenSealer(), work });

/** A worker that serves one pixel. */
function serve(
  pixelId: string,
  decide: (envelope: HeldEnvelope) => Promise<Disposition> | Disposition = () => ({ kind: 'done' }),
  { lockMs = LOCK_MS, ...sweeping }: { lockMs?: number; sweepEveryMs?: number } = {},
): VisitedLane {
  const leases = new Leases(createStore(connect(), store.keys.prefix), {
    lockMs,
    work,
    onLost() {},
  });
  const lane = openVisitedLane(
    connect,
    store.keys.prefix,
    {
      ...{ pixelId, concurrency: 8, lockMs, leases, ...sweeping },
      onError() {},
      onMalformed: async () => 0,
    },
    disposing(settlements(), pixelId, decide),
  );
  closing.push(lane, { close: async () => leases.close() });
  return lane;
}

/** In how many ms the queue of a pixel is visited; null when it is not. */
async function dueIn(pixelId: string): Promise<number | null> {
  const score = await store.redis.zscore(store.keys.agenda, pixelId);
  const [seconds, micros] = await store.redis.time();
  return score === null ? null : Number(score) - Number(seconds) * 1000 - Number(micros) / 1000;
}

/** Settles what was fetched, as a worker with this lock does. */
async function settle(
  pixelId: string,
  fetched: Awaited<ReturnType<BatchedFetcher['fetch']>>,
  next: Disposition,
) {
  const [job] = fetched.jobs;
  if (job === undefined || job.data === null) throw new Error('nothing was fetched');
  const done = next.kind === 'done';
  await settlements().settle({
    pixelId,
    envelope: { id: job.id, token: job.token, data: job.data },
    delivered: done ? 1 : 0,
    deadLetters: [],
    remaining: done ? null : job.data,
    next,
  });
}

const queued = async (pixelId: string) => (await readLedgers(store)).get(pixelId)?.queued;
const RECHECK_MS = LOCK_MS / 2;

describe('the agenda', () => {
  test('has a pixel from the step that queues its envelopes, once, however many they are', async () => {
    await fill(['1', '2'], 3);
    expect((await agenda.look([])).due.toSorted()).toEqual(['1', '2']);
    expect(await store.redis.zcard(store.keys.agenda)).toBe(2);
    expect(await store.redis.zcard(store.keys.bell)).toBe(1);
  });

  test('offers a pixel again after a while, to any worker, until someone has visited its queue', async () => {
    await fill(['1']);
    const before = Number(await store.redis.zscore(store.keys.agenda, '1'));
    const first = await agenda.look([]);
    expect(first.due).toEqual(['1']);
    expect(first.waitMs).toBeGreaterThan(0);
    const after = Number(await store.redis.zscore(store.keys.agenda, '1'));
    expect(after - before).toBeGreaterThanOrEqual(500);
    await eventually(async () => expect((await agenda.look([])).due).toEqual(['1']));
  });

  test('rings for another worker when more pixels are due than one is told of', async () => {
    const pixels = Array.from({ length: 130 }, (_, n) => `p${n}`);
    await fill(pixels);
    await store.redis.del(store.keys.bell);
    const first = await agenda.look([]);
    expect([first.due.length, first.waitMs]).toEqual([100, 0]);
    expect(await store.redis.zcard(store.keys.bell)).toBe(1);
    const second = await agenda.look([]);
    expect(new Set([...first.due, ...second.due])).toEqual(new Set(pixels));
  });

  test('leaves pixels as they are that a worker does not serve, however many, and whatever is due after them', async () => {
    const strangers = Array.from({ length: 150 }, (_, n) => `s${n}`);
    await fill(strangers);
    await fill(['1']);
    const before = await store.redis.zscore(store.keys.agenda, 's7');
    expect((await agenda.look(strangers)).due).toEqual(['1']);
    await store.redis.zadd(store.keys.agenda, Date.now() + FAR_MS, '1');
    const second = await agenda.look(strangers);
    expect(second.due).toEqual([]);
    expect(second.waitMs).toBeGreaterThan(0);
    expect(await store.redis.zscore(store.keys.agenda, 's7')).toBe(before);
    expect((await agenda.look([...strangers, '1'])).waitMs).toBeNull();
  });

  test('gives workers of different pixels theirs, although each sees those of the others', async () => {
    const pixels = Array.from({ length: 6 }, (_, n) => `p${n}`);
    for (const pixelId of pixels) serve(pixelId);
    await fill(pixels, 3);
    for (const id of pixels) await eventually(async () => expect(await queued(id)).toBe(0));
  });

  test.each<[string, Disposition, number, number]>([
    ['released', { kind: 'release' }, -LOCK_MS, 0],
    ['deferred', { kind: 'defer', waitMs: FAR_MS }, FAR_MS / 2, FAR_MS + 2],
    ['at rest', { kind: 'rest', restMs: FAR_MS, why: 'no' }, FAR_MS / 2, FAR_MS + 2],
  ])('says when an envelope that is %s has to be fetched', async (_, next, least, most) => {
    await fill(['1']);
    await agenda.look([]);
    await settle('1', await fetcher.fetch('1', 1, true), next);
    expect(await dueIn('1')).toBeGreaterThan(least);
    expect(await dueIn('1')).toBeLessThanOrEqual(most);
  });

  test('follows the lane board: a halt and its end', async () => {
    await fill(['1'], 2);
    const board = createLaneBoard(store);
    const halt = { ...HALT, until: Date.now() + FAR_MS };
    const posted = await board.halt('1', null, halt);
    expect((await fetcher.fetch('1', 5, true)).jobs).toEqual([]);
    const due = await dueIn('1');
    expect(due).toBeGreaterThan(FAR_MS / 2);
    expect(due).toBeLessThanOrEqual(FAR_MS + 25);
    // Probed: one envelope may be held in the whole fleet.
    const probing = await board.halt('1', posted, { ...HALT, until: 0 });
    expect((await agenda.look([])).due).toEqual(['1']);
    expect((await fetcher.fetch('1', 5, true)).jobs).toHaveLength(1);
    expect((await fetcher.fetch('1', 5, true)).jobs).toEqual([]);
    expect(await dueIn('1')).toBeLessThanOrEqual(1000);
    if (probing !== null) await board.resume('1', probing);
    expect((await agenda.look([])).due).toEqual(['1']);
  });
});

describe('a visit', () => {
  test('forgets a queue that is empty, and comes back to one whose envelopes are held', async () => {
    await fill(['1'], 2);
    const some = await fetcher.fetch('1', 1, true);
    expect([some.jobs.length, some.more, some.failure]).toEqual([1, true, null]);
    expect(await dueIn('1')).toBeLessThanOrEqual(500);
    const rest = await fetcher.fetch('1', 8, true);
    expect([rest.jobs.length, rest.more]).toEqual([1, false]);
    expect(await dueIn('1')).toBeGreaterThan(RECHECK_MS / 2);
    for (const fetched of [some, rest]) await settle('1', fetched, { kind: 'done' });
    expect((await fetcher.fetch('1', 8, true)).jobs).toEqual([]);
    expect(await dueIn('1')).toBeNull();
    expect(await queued('1')).toBe(0);
  });

  test('of many queues is one command, and each envelope has a lock of its own', async () => {
    const pixels = Array.from({ length: 20 }, (_, n) => `p${n}`);
    await fill(pixels, 2);
    await fetcher.fetch('empty', 1, false);
    const before = await calls('evalsha');
    const fetched = await Promise.all(pixels.map((pixelId) => fetcher.fetch(pixelId, 8, false)));
    expect((await calls('evalsha')) - before).toBeLessThan(10);
    const tokens = fetched.flatMap(({ jobs }) => jobs.map(({ token }) => token));
    expect(new Set(tokens).size).toBe(40);
    const [job] = fetched[7]?.jobs ?? [];
    expect(await store.redis.get(`${store.keys.job('p7', job?.id ?? '')}:lock`)).toBe(job?.token);
  });

  test('that fails for one queue fails for no other, and is repeated soon', async () => {
    await fill(['1', '2']);
    const wait = store.keys.ofQueue('1', 'wait');
    await store.redis.rename(wait, `${wait}-away`);
    await store.redis.set(wait, 'no list');
    const [bad, good] = await Promise.all(['1', '2'].map((id) => fetcher.fetch(id, 8, true)));
    expect(bad?.failure?.message).toContain('WRONGTYPE');
    expect([bad?.jobs, good?.jobs.length, good?.failure]).toEqual([[], 1, null]);
    expect(await dueIn('1')).toBeLessThanOrEqual(1000);
    await store.redis.rename(`${wait}-away`, wait);
    expect((await fetcher.fetch('1', 8, true)).jobs).toHaveLength(1);
  });
});

/** How often Redis ran a command in all, whoever sent it. */
async function calls(command: string): Promise<number> {
  const stats = await store.redis.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

describe('nothing waits for ever', () => {
  test('of a worker that died after it had looked', async () => {
    await fill(['1']);
    await agenda.look([]);
    await store.redis.del(store.keys.bell);
    serve('1');
    await eventually(async () => expect(await queued('1')).toBe(0));
  });

  test('of a worker that died after it had fetched', async () => {
    await fill(['1']);
    const lost = new BatchedFetcher(store, { lockMs: SHORT_MS });
    const fetched = await lost.fetch('1', 1, false);
    expect(fetched.jobs).toHaveLength(1);
    const stalls: number[] = [];
    serve(
      '1',
      (envelope) => {
        stalls.push(envelope.stalls);
        return { kind: 'done' };
      },
      { lockMs: SHORT_MS },
    );
    await eventually(async () => expect(await queued('1')).toBe(0));
    expect(stalls).toEqual([1]);
  });

  test('that an ingest of an earlier release has queued, or whose agenda was lost', async () => {
    await fill(['1', '2', '3']);
    await settle('3', await fetcher.fetch('3', 1, false), { kind: 'defer', waitMs: 1000 });
    await store.redis.del(store.keys.agenda, store.keys.bell);
    expect(await agenda.sweep(['1', '2', '3', 'idle'])).toBe(3);
    expect((await agenda.look([])).due.toSorted()).toEqual(['1', '2', '3']);
    await store.redis.del(store.keys.agendaSweep, store.keys.agendaMissed);
    expect(await agenda.sweep(['1', '2', '3', 'idle'])).toBe(0);
    expect(await agenda.sweep(['1', '2', '3', 'idle'])).toBeNull();
  });

  test('whose visit was written by a clock that has been set back', async () => {
    await fill(['1', '2']);
    const [seconds] = await store.redis.time();
    await store.redis.zadd(store.keys.agenda, (Number(seconds) + 86_400) * 1000, '1');
    await store.redis.zadd(store.keys.agenda, (Number(seconds) + 300) * 1000, '2');
    expect(await agenda.sweep(['1', '2'])).toBe(0);
    expect((await agenda.look([])).due).toEqual(['1']);
  });

  test('that an ingest of an earlier release queues while workers of this one run', async () => {
    const { redis, keys } = store;
    const sweptFor = () => redis.pttl(keys.agendaSweep);
    serve('1', undefined, { sweepEveryMs: 20 });
    await eventually(async () => expect(await sweptFor()).toBeGreaterThan(5000));
    await fillAsBefore(['1']);
    // A minute passes. What is found then shows that more may come: the next sweep follows in seconds.
    await redis.del(keys.agendaSweep);
    await eventually(async () => expect(await queued('1')).toBe(0));
    await eventually(async () => expect(await redis.exists(keys.agendaMissed)).toBe(1));
    await eventually(async () => expect(await sweptFor()).toBeLessThanOrEqual(5000));
  });

  test('and a worker that starts sweeps at once', async () => {
    await fill(['1']);
    await store.redis.del(store.keys.agenda, store.keys.bell);
    serve('1');
    await eventually(async () => expect(await queued('1')).toBe(0));
  });
});

test('workers of an earlier release, which poll, and of this one deliver each envelope once', async () => {
  const seen: string[] = [];
  const decide = (envelope: HeldEnvelope): Disposition => {
    seen.push(envelope.id);
    return { kind: 'done' };
  };
  const poll = disposing(settlements(), '1', decide);
  const old = new Worker(
    queueName('1'),
    async (job, token = '') => {
      const { id = '', data, attemptsMade: failures, stalledCounter: stalls } = job;
      await poll({ id, token, data, failures, stalls, lease: {} as never });
      throw new WaitingError();
    },
    { connection: { url: URL }, prefix: store.keys.prefix, lockDuration: LOCK_MS, concurrency: 4 },
  );
  await old.waitUntilReady();
  serve('1', decide);
  for (let round = 0; round < 10; round += 1) await fill(['1'], 20);
  await eventually(async () => expect(await queued('1')).toBe(0));
  await old.close();
  expect([seen.length, new Set(seen).size]).toEqual([200, 200]);
});

describe('without a permission', () => {
  const script = fetchScript({ fetch: { lua: '', keys: 0 }, stalled: { lua: '', keys: 0 } });
  const ofBull = [
    'rpoplpush',
    'hgetall',
    'xadd',
    'incr',
    'hmget',
    'zpopmin',
    'zrangebyscore',
    'hmset',
  ];
  const commands = [
    ...new Set([...commandsIn(LOOK.lua()), ...commandsIn(script.lua()), ...ofBull, 'bzpopmin']),
  ];

  test('for any command that visits need, nothing is lost, and all goes on when it is given', async () => {
    const limited = await LimitedUser.connect(URL);
    try {
      for (const [at, command] of commands.entries()) {
        const pixelId = `p${at}`;
        await limited.allow(`-${command}`);
        await fill([pixelId], 3);
        const user = createStore(limited.redis, store.keys.prefix);
        const visited = new BatchedFetcher(user, { lockMs: SHORT_MS }).fetch(pixelId, 3, true);
        const fetched = await visited.catch(() => ({ jobs: [] }));
        await createAgenda(user, connect())
          .look([])
          .catch(() => undefined);
        await limited.allow();
        for (const { id, token, data } of fetched.jobs) {
          if (data === null) throw new Error('an envelope is damaged');
          const envelope = { id, token, data };
          const rest = { deadLetters: [], remaining: null, next: { kind: 'done' } } as const;
          await settlements().settle({ pixelId, envelope, delivered: 1, ...rest });
        }
        expect(await dueIn(pixelId)).not.toBeNull();
        serve(pixelId, undefined, { lockMs: SHORT_MS });
      }
      for (const at of commands.keys()) {
        await eventually(async () => expect(await queued(`p${at}`)).toBe(0));
      }
    } finally {
      await limited.remove();
    }
  });
});
