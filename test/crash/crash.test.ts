import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type Arena, openArena } from './arena.ts';
import type { Evidence } from './proof.ts';
import { redisFull, redisGone } from './proofs/away.ts';
import { brokers } from './proofs/brokers.ts';
import { control } from './proofs/control.ts';
import { cutsBeforeAnswers } from './proofs/cuts.ts';
import { failover } from './proofs/failover.ts';
import { hostileReading } from './proofs/hostile.ts';
import { hostileStream } from './proofs/hostile-stream.ts';
import { kills } from './proofs/kills.ts';
import { manyPixels } from './proofs/many-pixels.ts';
import { outage } from './proofs/outage.ts';
import { refusals } from './proofs/refusals.ts';
import { rollback } from './proofs/rollback.ts';
import { sealing } from './proofs/sealing.ts';
import { secondSignals, stops } from './proofs/stops.ts';
import { timeouts } from './proofs/timeouts.ts';

/*
 * The short forms: seconds each, and the same code as `make crash`. Their seeds are fixed and chosen
 * so that each kind of disturbance comes once; the long forms draw new ones.
 */
jest.setTimeout(900_000);

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

afterAll(() => arena.close());

function holds({ faults, lost, duplicatedByIngest, events }: Evidence): void {
  expect(faults).toEqual([]);
  expect({ lost, duplicatedByIngest }).toEqual({ lost: 0, duplicatedByIngest: 0 });
  expect(events).toBeGreaterThan(0);
}

const bench = (seed: string) => ({ arena, seed, say: () => {} });

test('ingest, Redis and Kafka die: nothing is lost, and nothing arrives twice', async () => {
  const weights = { 'kill ingest': 2, 'kill redis': 2, 'kill kafka': 1 };
  const pace = { count: 3, eventsPerSecond: 600, restMs: [100, 600] } as const;
  holds(await kills(bench('stores-9'), { weights, ...pace }));
});

test('workers die, alone and with ingest: only what was under way may arrive twice', async () => {
  const weights = { 'kill worker': 2, 'kill ours': 1 };
  const pace = { count: 3, eventsPerSecond: 600, restMs: [100, 600] } as const;
  holds(await kills(bench('workers'), { weights, ...pace }));
});

test('ingest joins and leaves, and sleeps longer than its session', async () => {
  const weights = { 'pause ingest': 1, 'add ingest': 1, 'remove ingest': 1 };
  const pace = { count: 3, eventsPerSecond: 400, restMs: [100, 500] } as const;
  holds(await kills(bench('group-22'), { weights, ...pace }));
});

test('of three Kafka brokers the leader of a partition dies', async () => {
  holds(await brokers(bench('brokers'), { times: 2, eventsPerSecond: 300, awayMs: 2000 }));
});

test('transactions whose answer is cut off are taken once', async () => {
  const evidence = await cutsBeforeAnswers(bench('cuts'), { cuts: 5, eventsPerSecond: 600 });
  holds(evidence);
  expect(evidence.duplicatedByWorkers).toBe(0);
});

test('an intake in which a command is refused is taken once', async () => {
  holds(await refusals(bench('refusals'), { ingest: 17, workers: 8, eventsPerSecond: 200 }));
});

test('a Redis that comes back older costs no event and no dead letter', async () => {
  const load = { eventsPerSecond: 300, awayMs: 100 };
  holds(await rollback(bench('rollback'), { times: 4, agesMs: [1000, 300, 100, 0], ...load }));
});

test('a replica of Redis that is promoted under load', async () => {
  holds(
    await failover(bench('failover'), {
      times: 2,
      eventsPerSecond: 400,
      readOnlyMs: 500,
      lagMs: 100,
    }),
  );
});

test('requests that are never answered are counted exactly', async () => {
  holds(await timeouts(bench('timeouts'), { requests: 6, eventsPerSecond: 400 }));
});

test('SIGTERM under load: nothing lost, nothing twice, exit 0', async () => {
  const evidence = await stops(bench('stops'), { times: 2, eventsPerSecond: 500 });
  holds(evidence);
  expect(evidence.duplicatedByWorkers).toBe(0);
});

test('SIGTERM to a worker with a backlog in each of 100 pixels: the backlog is released at once', async () => {
  const size = { pixels: 100, messages: 3000, heldEvents: 300, stops: 2 };
  holds(await manyPixels(bench('many'), size));
});

test('the copy of control that does the duties dies, then sleeps: another one goes on, and nothing is done twice', async () => {
  holds(await control(bench('control'), { times: 2, letters: 2000, perSecond: 100 }));
});

test('a second SIGTERM ends a worker at once', async () => {
  holds(await secondSignals(bench('second'), { times: 1 }));
});

test('Redis gone, then full: nothing is lost, and nothing arrives twice', async () => {
  holds(await redisGone(bench('gone'), { goneMs: 2000, eventsPerSecond: 400 }));
  holds(await redisFull(bench('full'), { times: 1, fullMs: 1000, eventsPerSecond: 400 }));
});

test('Meta hangs, then answers 500: no event dies of it, and no storm of requests comes of it', async () => {
  holds(await outage(bench('outage'), { lastsMs: 5000, eventsPerSecond: 200 }));
});

test('no planted value is found anywhere after every failure', async () => {
  holds(await sealing(bench('sealing'), { values: 700 }));
});

test('no mutated message brings the reader down', () => {
  holds(hostileReading(bench('hostile'), { messages: 20_000, huge: 1 }));
});

test('no mutated message brings the pipeline down: value, key, headers, timestamp or codec', async () => {
  holds(await hostileStream(bench('stream'), { messages: 3000 }));
});
