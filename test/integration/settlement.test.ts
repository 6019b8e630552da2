import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { connectForCommands, connectForWorker } from '#store/connection.ts';
import type { Disposition } from '#store/delivery/lane.ts';
import {
  createSettlementStore,
  type KnownEnvelope,
  type Settlement,
  type SettlementStore,
} from '#store/delivery/settlement.ts';
import type { EnvelopeData } from '#store/intake/envelope.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { createKeys, queueName } from '#store/keys.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { readDepth, readLaneDepths } from '#store/status/depth.ts';
import { imbalance, readLedgers } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';
import { deadRecord } from '#test/support/insert-dead-letters.ts';
import { readHeld } from '#test/support/read-dead-letters.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';
import { isOrphan } from '#worker/lane/envelope-handler.ts';

const URL_OF_REDIS = process.env['TEST_REDIS_URL'] ?? '';
const PIXEL = '101';
const EVENTS = 10;
const LOCK_MS = 600_000;
const sealer = createOpenSealer();
const connections: Redis[] = [];
const workers: Worker[] = [];
let prefix = '';
let redis: Redis;
let store: SettlementStore;
let taker: Worker;

function connect(make = connectForCommands): Redis {
  const connection = make(URL_OF_REDIS, () => {});
  connections.push(connection);
  return connection;
}

beforeEach(async () => {
  prefix = `{settle-${randomBytes(6).toString('hex')}}`;
  redis = connect();
  store = createSettlementStore(createStore(redis, prefix), {
    sealer,
    work: new RedisWork({ onFailure() {} }),
  });
  taker = takerOf(queueName(PIXEL));
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close(true)));
});

afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.quit().catch(() => {})));
});

/** BullMQ's own worker, which takes a job only when it is asked to. */
function takerOf(name: string): Worker {
  const options = { prefix, autorun: false, lockDuration: LOCK_MS, maxStalledCount: 100 };
  const worker = new Worker(name, async () => {}, {
    ...options,
    connection: connect(connectForWorker),
  });
  worker.on('error', () => {});
  workers.push(worker);
  return worker;
}

async function fill(id = 'e-0', partition = 0): Promise<void> {
  const intake = createIntakeStore(createStore(connect(), prefix), { groupId: 'g', sealer });
  await intake.write({
    envelopes: [{ pixelId: PIXEL, id, data: { n: EVENTS, d: 'all' } }],
    deadLetters: [],
    counts: new Map([[PIXEL, { consumed: EVENTS, filtered: 0, dead: 0, queued: EVENTS }]]),
    steps: [{ topic: 't', partition, from: null, to: EVENTS }],
  });
  await intake.close();
}

/** Takes the next job under this token. */
async function take(token: string): Promise<KnownEnvelope & { job: Job }> {
  const job = (await taker.getNextJob(token, { block: false })) as Job<EnvelopeData>;
  return { id: job.id ?? '', token, data: job.data, job };
}

/** The worker that holds the job is paused, or gone: its lock runs out, and others may have the job. */
async function loseLock({ id }: KnownEnvelope): Promise<void> {
  await redis.del(`${createKeys(prefix).job(PIXEL, id)}:lock`);
  for (let check = 0; check < 2; check += 1) {
    await redis.del(`${prefix}:${queueName(PIXEL)}:stalled-check`);
    await (taker as unknown as { moveStalledJobsToWait(): Promise<void> }).moveStalledJobsToWait();
  }
}

function settlement(envelope: KnownEnvelope, changes: Partial<Settlement> = {}): Settlement {
  const { id, token, data } = envelope;
  const all = { delivered: data.n, deadLetters: [], remaining: null };
  const next = { kind: 'done' } as const;
  return { pixelId: PIXEL, envelope: { id, token, data }, ...all, next, ...changes };
}

/** Four of ten are delivered and one is dead. */
function part(envelope: KnownEnvelope, next: Settlement['next']): Settlement {
  const deadLetters = [deadRecord(1, PIXEL)];
  const remaining = { n: 5, d: 'rest' };
  return settlement(envelope, { delivered: 4, deadLetters, remaining, next });
}

async function ledger() {
  const found = (await readLedgers(createStore(redis, prefix))).get(PIXEL);
  if (found === undefined) throw new Error('no ledger');
  expect(imbalance(found)).toBe(0);
  return found;
}

async function places() {
  return (await readLaneDepths(createStore(redis, prefix), [PIXEL])).get(PIXEL);
}

/** Everything under our prefix, and what makes it so again. */
async function snapshot(): Promise<() => Promise<void>> {
  const saved: [key: string, value: Buffer, leftMs: number][] = [];
  for (const key of await redis.keys(`${prefix}*`)) {
    const value = await redis.dumpBuffer(key);
    if (value !== null) saved.push([key, value, Math.max(await redis.pttl(key), 0)]);
  }
  return async () => {
    for (const key of await redis.keys(`${prefix}*`)) await redis.del(key);
    for (const [key, value, leftMs] of saved) await redis.restore(key, leftMs, value);
  };
}

const NEXT: Disposition[] = [
  { kind: 'release' },
  { kind: 'defer', waitMs: 60_000 },
  { kind: 'rest', restMs: 60_000, why: 'no' },
];

describe('a settlement', () => {
  test('counts the events and ends the job in one step, as BullMQ would end it', async () => {
    await fill();
    const result = await store.settle(settlement(await take('a')));
    expect(result).toEqual({ kind: 'settled', data: null, free: true });
    expect(await ledger()).toMatchObject({ delivered: EVENTS, queued: 0 });
    const plain = new Queue('plain', { connection: redis, prefix });
    await plain.add('envelope', {}, { removeOnComplete: true });
    const other = takerOf('plain');
    const job = await other.getNextJob('a', { block: false });
    await job?.moveToCompleted(undefined, 'a', false);
    const left = async (name: string) => {
      const keys = await redis.keys(`${prefix}:${name}:*`);
      // BullMQ numbers the jobs that have no name of their own.
      return keys
        .map((key) => key.slice(`${prefix}:${name}:`.length))
        .filter((key) => key !== 'id');
    };
    expect((await left(queueName(PIXEL))).sort()).toEqual((await left('plain')).sort());
    await plain.close();
  });

  test.each(NEXT)('that leaves events moves the job on in the same step: $kind', async (next) => {
    await fill();
    const result = await store.settle(part(await take('a'), next));
    expect(result).toMatchObject({ kind: 'settled', data: { n: 5, d: 'rest' }, free: true });
    expect(await ledger()).toMatchObject({ delivered: 4, dead: 1, queued: 5 });
    const [waiting, delayed] = next.kind === 'release' ? [1, 0] : [0, 1];
    expect(await places()).toMatchObject({ waiting, active: 0, delayed });
    const job = await taker.getBackend().getJobData('e-0');
    expect(Number(job?.attemptsMade ?? 0)).toBe(next.kind === 'rest' ? 1 : 0);
    expect(await redis.keys(`${prefix}*:lock`)).toEqual([]);
  });

  test('that holds the envelope leaves it with its worker, who settles the rest later', async () => {
    await fill();
    const held = await take('a');
    const first = await store.settle(part(held, { kind: 'hold' }));
    if (first.kind !== 'settled' || first.data === null) throw new Error('not settled');
    expect(await places()).toMatchObject({ waiting: 0, active: 1, delayed: 0 });
    expect(await ledger()).toMatchObject({ delivered: 4, dead: 1, queued: 5 });
    await store.settle(settlement({ ...held, data: first.data }));
    expect(await ledger()).toMatchObject({ delivered: 9, dead: 1, queued: 0 });
    expect((await readDepth(createStore(redis, prefix), [PIXEL])).events.get(PIXEL)).toBe(0);
  });

  test('of a replay goes back in front of the other replays', async () => {
    const queue = new Queue(queueName(PIXEL), { connection: redis, prefix });
    for (const id of ['r-0', 'r-1']) {
      await queue.add('envelope', { n: EVENTS, d: 'all' }, { jobId: id, priority: 1 });
      await redis.hset(createKeys(prefix).open(PIXEL), id, EVENTS);
    }
    const held = await take('a');
    const back = { delivered: 0, remaining: held.data, next: { kind: 'release' } } as const;
    await store.settle(settlement(held, back));
    expect(await places()).toMatchObject({ waiting: 2, active: 0 });
    expect((await take('b')).id).toBe('r-0');
    await queue.close();
  });
});

describe('a settlement whose answer is lost', () => {
  let proxy: TcpProxy;
  let through: Redis;
  let cut: SettlementStore;
  let failures = 0;

  beforeEach(async () => {
    failures = 0;
    proxy = await TcpProxy.to(Number(new URL(URL_OF_REDIS).port));
    through = connectForCommands(`redis://127.0.0.1:${proxy.port}`, () => {});
    cut = createSettlementStore(createStore(through, prefix), {
      sealer,
      work: new RedisWork({
        onFailure() {
          failures += 1;
        },
      }),
    });
    await through.ping();
    // Known to the server, so that one chunk holds the whole command.
    for (const script of Object.values(through.scriptsSet as Record<string, { lua: string }>)) {
      await redis.script('LOAD', script.lua);
    }
  });

  afterEach(async () => {
    through.disconnect();
    await proxy.close();
  });

  test.each([{ kind: 'done' } as const, { kind: 'hold' } as const, ...NEXT])(
    'is asked for again, and counted once: $kind',
    async (next) => {
      await fill();
      const held = await take('a');
      proxy.watch((chunk) => {
        if (!chunk.includes('e-0')) return 'pass';
        proxy.watch(null);
        return 'cut';
      });
      const done = next.kind === 'done';
      const result = await cut.settle(done ? settlement(held) : part(held, next));
      expect({ kind: result.kind, failures }).toEqual({ kind: 'settled', failures: 1 });
      const counts = done ? { delivered: 10, dead: 0, queued: 0 } : { delivered: 4, dead: 1 };
      expect(await ledger()).toMatchObject(counts);
      expect(await readHeld(createStore(redis, prefix))).toBe(done ? 0 : 1);
      const active = next.kind === 'hold' ? 1 : 0;
      expect(await places()).toMatchObject({ active });
    },
  );

  test.each([{ kind: 'done' } as const, { kind: 'hold' } as const, ...NEXT])(
    'by a Redis that comes back older is carried out again as a whole: $kind',
    async (next) => {
      await fill();
      const held = await take('a');
      const goBack = await snapshot();
      const wanted = next.kind === 'done' ? settlement(held) : part(held, next);
      await store.settle(wanted);
      const places_ = await places();
      const ledger_ = await ledger();
      await goBack();
      expect(await ledger()).toMatchObject({ queued: EVENTS });
      expect((await store.settle(wanted)).kind).toBe('settled');
      expect(await places()).toEqual(places_);
      expect(await ledger()).toEqual(ledger_);
      expect(await readHeld(createStore(redis, prefix))).toBe(ledger_.dead);
    },
  );

  test('by a Redis that comes back without the envelope changes nothing', async () => {
    const goBack = await snapshot();
    await fill();
    const held = await take('a');
    await goBack();
    expect(await store.settle(settlement(held))).toEqual({ kind: 'refused', open: 0 });
    expect(await redis.keys(`${prefix}*`)).toEqual([]);
  });
});

describe('a worker that lost its lock', () => {
  test('settles all the same as long as no other worker has claimed the envelope', async () => {
    await fill();
    const late = await take('a');
    await loseLock(late);
    const other = await take('b');
    expect(other.job.stalledCounter).toBe(1);
    const result = await store.settle(part(late, { kind: 'rest', restMs: 0, why: 'no' }));
    expect(result).toMatchObject({ kind: 'settled', free: false });
    // The other one has it: it is not moved away under its hands.
    expect(await places()).toMatchObject({ active: 1, waiting: 0, delayed: 0 });
    expect(await store.claim(PIXEL, other)).toMatchObject({ n: 5, d: 'rest', r: 1 });
  });

  test('is accounted for once, however often the envelope is tried after that', async () => {
    await fill();
    await loseLock(await take('a'));
    const other = await take('b');
    expect(isOrphan({ ...other, stalls: other.job.stalledCounter })).toBe(true);
    const data = await store.claim(PIXEL, other);
    if (data === null) throw new Error('nothing to claim');
    await store.settle(part({ ...other, data }, { kind: 'rest', restMs: 0, why: 'no' }));
    const again = await take('c');
    expect(again.job.stalledCounter).toBe(1);
    expect(isOrphan({ ...again, stalls: again.job.stalledCounter })).toBe(false);
    await loseLock(again);
    const third = await take('d');
    expect(isOrphan({ ...third, stalls: third.job.stalledCounter })).toBe(true);
  });

  test('settles nothing once another has claimed it, and takes nothing away from that one', async () => {
    await fill();
    const late = await take('a');
    await loseLock(late);
    const other = await take('b');
    const data = await store.claim(PIXEL, other);
    if (data === null) throw new Error('nothing to claim');
    const refused = await store.settle(part(late, { kind: 'release' }));
    expect(refused).toEqual({ kind: 'refused', open: EVENTS });
    expect(await readHeld(createStore(redis, prefix))).toBe(0);
    expect(await places()).toMatchObject({ active: 1, waiting: 0, delayed: 0 });
    expect((await store.settle(settlement({ ...other, data }))).kind).toBe('settled');
    expect(await ledger()).toMatchObject({ delivered: EVENTS, queued: 0 });
    expect(await places()).toMatchObject({ active: 0, waiting: 0, delayed: 0 });
  });

  test('and is refused although it has the lock again releases the envelope as it is', async () => {
    await fill();
    const held = await take('a');
    const stale = { ...held, data: { ...held.data, v: 'of-old' } };
    expect(await store.settle(part(stale, { kind: 'hold' }))).toEqual({
      kind: 'refused',
      open: 10,
    });
    expect(await places()).toMatchObject({ active: 0, delayed: 1 });
    expect(await ledger()).toMatchObject({ delivered: 0, dead: 0, queued: EVENTS });
  });

  test('finds nothing to claim of what was settled meanwhile, by the previous release too', async () => {
    await fill();
    const late = await take('a');
    await loseLock(late);
    const other = await take('b');
    await store.settle(settlement(late));
    expect(await store.claim(PIXEL, other)).toBeNull();
    await fill('e-1', 1);
    const settled = await take('c');
    const keys = createKeys(prefix);
    await redis.hdel(keys.open(PIXEL), 'e-1');
    await redis.hincrby(keys.ledger(PIXEL), 'queued', -EVENTS);
    await redis.hincrby(keys.ledger(PIXEL), 'delivered', EVENTS);
    expect(await store.claim(PIXEL, settled)).toBeNull();
    expect(await places()).toMatchObject({ active: 0, waiting: 0, delayed: 0 });
  });

  test('and whose envelope lost its open entry claims it with the events the ledger waits for', async () => {
    await fill();
    const held = await take('a');
    await redis.del(createKeys(prefix).open(PIXEL));
    const data = await store.claim(PIXEL, held);
    expect(data).toMatchObject({ n: EVENTS, d: 'all' });
    expect((await store.settle(settlement({ ...held, data: data ?? held.data }))).kind).toBe(
      'settled',
    );
    expect(await ledger()).toMatchObject({ delivered: EVENTS, queued: 0 });
  });
});
