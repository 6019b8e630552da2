import { test } from '@jest/globals';
import { redisFull, redisGone } from './proofs/away.ts';
import { failover } from './proofs/failover.ts';
import { hostileReading } from './proofs/hostile.ts';
import { hostileStream } from './proofs/hostile-stream.ts';
import { outage } from './proofs/outage.ts';
import { refusals } from './proofs/refusals.ts';
import { rollback } from './proofs/rollback.ts';
import { sealing } from './proofs/sealing.ts';
import { timeouts } from './proofs/timeouts.ts';
import { expectHolds, shortForms } from './short-forms.ts';

const bench = shortForms();

test('an intake in which a command is refused is taken once', async () => {
  expectHolds(await refusals(bench('refusals'), { ingest: 17, workers: 8, eventsPerSecond: 200 }));
});

test('a Redis that comes back older costs no event and no dead letter', async () => {
  const load = { eventsPerSecond: 300, awayMs: 100 };
  expectHolds(
    await rollback(bench('rollback'), { times: 4, agesMs: [1000, 300, 100, 0], ...load }),
  );
});

test('a replica of Redis that is promoted under load', async () => {
  expectHolds(
    await failover(bench('failover'), {
      times: 2,
      eventsPerSecond: 400,
      readOnlyMs: 500,
      lagMs: 100,
    }),
  );
});

test('requests that are never answered are counted exactly', async () => {
  expectHolds(await timeouts(bench('timeouts'), { requests: 6, eventsPerSecond: 400 }));
});

test('Redis gone, then full: nothing is lost, and nothing arrives twice', async () => {
  expectHolds(await redisGone(bench('gone'), { goneMs: 2000, eventsPerSecond: 400 }));
  expectHolds(await redisFull(bench('full'), { times: 1, fullMs: 1000, eventsPerSecond: 400 }));
});

test('Meta hangs, then answers 500: no event dies of it, and no storm of requests comes of it', async () => {
  expectHolds(await outage(bench('outage'), { lastsMs: 5000, eventsPerSecond: 200 }));
});

test('no planted value is found anywhere after every failure', async () => {
  expectHolds(await sealing(bench('sealing'), { values: 700 }));
});

test('no mutated message brings the reader down', () => {
  expectHolds(hostileReading(bench('hostile'), { messages: 10_000, huge: 1 }));
});

test('no mutated message brings the pipeline down: value, key, headers, timestamp or codec', async () => {
  expectHolds(await hostileStream(bench('stream'), { messages: 2000 }));
});
