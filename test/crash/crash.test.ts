import { expect, test } from '@jest/globals';
import { redisFull, redisGone } from './proofs/away.ts';
import { brokers } from './proofs/brokers.ts';
import { control } from './proofs/control.ts';
import { kills } from './proofs/kills.ts';
import { manyPixels } from './proofs/many-pixels.ts';
import { parking } from './proofs/parking.ts';
import { secondSignals, stops } from './proofs/stops.ts';
import { expectHolds, shortForms } from './short-forms.ts';

const { own, shared } = shortForms('own Kafka');

test('of three Kafka brokers the leader of a partition dies', async () => {
  expectHolds(await brokers(own('brokers'), { times: 2, eventsPerSecond: 300, awayMs: 2000 }));
});

test('SIGTERM to a worker with a backlog in each of 100 pixels: the backlog is released at once', async () => {
  const size = { pixels: 100, messages: 3000, heldEvents: 300, stops: 2 };
  expectHolds(await manyPixels(own('many'), size));
});

test('the copy of control that does the duties dies, then sleeps: another one goes on, and nothing is done twice', async () => {
  expectHolds(await control(own('control'), { times: 2, letters: 1000, perSecond: 50 }));
});

// From here on, the trials share processes.

test('ingest, Redis and Kafka die: nothing is lost, and nothing arrives twice', async () => {
  const weights = { 'kill ingest': 2, 'kill redis': 2, 'kill kafka': 1 };
  const pace = { count: 3, eventsPerSecond: 400, restMs: [100, 600] } as const;
  expectHolds(await kills(shared('stores-9'), { weights, ...pace }));
});

test('workers die, alone and with ingest: only what was under way may arrive twice', async () => {
  const weights = { 'kill worker': 2, 'kill ours': 1 };
  const pace = { count: 3, eventsPerSecond: 400, restMs: [100, 600] } as const;
  expectHolds(await kills(shared('workers'), { weights, ...pace }));
});

test('one of the pixels is parked and read again while ingest and Redis die: each event arrives once', async () => {
  const weights = { 'kill ingest': 2, 'kill redis': 1 };
  const pace = { count: 2, eventsPerSecond: 400, restMs: [100, 600] } as const;
  expectHolds(await parking(shared('parking'), { weights, ...pace }));
});

test('ingest joins and leaves, and sleeps longer than its session', async () => {
  const weights = { 'pause ingest': 1, 'add ingest': 1, 'remove ingest': 1 };
  const pace = { count: 3, eventsPerSecond: 400, restMs: [100, 500] } as const;
  expectHolds(await kills(shared('group-22'), { weights, ...pace }));
});

test('SIGTERM under load: nothing lost, nothing twice, exit 0', async () => {
  const evidence = await stops(shared('stops'), { times: 2, eventsPerSecond: 400 });
  expectHolds(evidence);
  expect(evidence.duplicatedByWorkers).toBe(0);
});

test('a second SIGTERM ends a worker at once', async () => {
  expectHolds(await secondSignals(shared('second'), { times: 1 }));
});

test('Redis gone, then full: nothing is lost, and nothing arrives twice', async () => {
  expectHolds(await redisGone(shared('gone'), { goneMs: 2000, eventsPerSecond: 300 }));
  expectHolds(await redisFull(shared('full'), { times: 1, fullMs: 1000, eventsPerSecond: 300 }));
});
