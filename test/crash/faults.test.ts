import { expect, test } from '@jest/globals';
import { cutsBeforeAnswers } from './proofs/cuts.ts';
import { failover } from './proofs/failover.ts';
import { hostileReading } from './proofs/hostile.ts';
import { hostileStream } from './proofs/hostile-stream.ts';
import { outage } from './proofs/outage.ts';
import { refusals } from './proofs/refusals.ts';
import { rollback } from './proofs/rollback.ts';
import { sealing } from './proofs/sealing.ts';
import { timeouts } from './proofs/timeouts.ts';
import { expectHolds, shortForms } from './short-forms.ts';

const { own, shared } = shortForms('shared Kafka');

test('an intake in which a command is refused is taken once', async () => {
  expectHolds(await refusals(own('refusals'), { ingest: 17, workers: 8, eventsPerSecond: 200 }));
});

test('requests that are never answered are counted exactly', async () => {
  expectHolds(await timeouts(own('timeouts'), { requests: 6, eventsPerSecond: 300 }));
});

test('Meta hangs, then answers 500: no event dies of it, and no storm of requests comes of it', async () => {
  expectHolds(await outage(own('outage'), { lastsMs: 5000, eventsPerSecond: 200 }));
});

test('no planted value is found anywhere after every failure', async () => {
  expectHolds(await sealing(own('sealing'), { values: 700 }));
});

test('no mutated message brings the reader down', () => {
  expectHolds(hostileReading(own('hostile'), { messages: 5000, huge: 1 }));
});

test('no mutated message brings the pipeline down: value, key, headers, timestamp or codec', async () => {
  expectHolds(await hostileStream(own('stream'), { messages: 1000 }));
});

// From here on, the trials share processes, which reach Redis through a proxy.

test('transactions whose answer is cut off are taken once', async () => {
  const evidence = await cutsBeforeAnswers(shared('cuts'), { cuts: 5, eventsPerSecond: 400 });
  expectHolds(evidence);
  expect(evidence.duplicatedByWorkers).toBe(0);
});

test('a Redis that comes back older costs no event and no dead letter', async () => {
  const load = { eventsPerSecond: 300, awayMs: 100 };
  expectHolds(
    await rollback(shared('rollback'), { times: 4, agesMs: [1000, 300, 100, 0], ...load }),
  );
});

test('a replica of Redis that is promoted under load', async () => {
  expectHolds(
    await failover(shared('failover'), {
      times: 2,
      eventsPerSecond: 300,
      readOnlyMs: 500,
      lagMs: 100,
    }),
  );
});
