import { afterEach, expect, test } from '@jest/globals';
import type { RelayProcess } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import { readLaneDepths } from '#store/status/depth.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic } from '#test/support/traffic.ts';

const MESSAGES = 600;
const BATCH = 20;
const PATIENCE = { everyMs: 100 };
let fleet: Fleet;

afterEach(async () => {
  await fleet.stop();
});

async function held(): Promise<number> {
  const depths = await readLaneDepths(fleet.store, fleet.pixels);
  return [...depths.values()].reduce((sum, { active }) => sum + active, 0);
}

async function metric(worker: RelayProcess, name: string): Promise<number> {
  return (await scrape([worker.url])).sum(name);
}

test('a worker that sleeps past its locks sends nothing that another one has taken over', async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      ingest: { port: 0, envelope: { maxEvents: BATCH } },
      // One request at a time: everything else that it holds waits.
      worker: { port: 0, lockMs: 5000, requests: 1, batch: { maxEvents: BATCH } },
    },
  });
  const { messages, good } = createTraffic('slow', MESSAGES);
  await fleet.send(messages);
  await fleet.start('ingest');
  await eventually(async () => {
    const ledgers = [...(await fleet.ledgers()).values()];
    expect(ledgers.reduce((sum, { consumed }) => sum + consumed, 0)).toBe(MESSAGES);
  }, PATIENCE);
  await fleet.tell('behaviour', { pixel: '*', kind: 'delay', ms: 500 });
  const sleeper = await fleet.start('worker');
  await eventually(async () => expect(await held()).toBeGreaterThan(10), PATIENCE);
  sleeper.kill('SIGSTOP');
  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
  const other = await fleet.start('worker');
  await settled(fleet, MESSAGES);

  sleeper.kill('SIGCONT');
  await eventually(async () => {
    expect(await metric(sleeper, 'capi_worker_lost_envelopes_total')).toBeGreaterThan(10);
    expect(await metric(sleeper, 'capi_worker_in_flight_requests')).toBe(0);
  }, PATIENCE);
  await Promise.all([sleeper.stop(), other.stop()]);
  expect(await Promise.all([sleeper.exited, other.exited])).toEqual([0, 0]);
  const accepted = await fleet.accepted();
  expect([...good].filter((id) => !accepted.has(id))).toEqual([]);
  // The result of the request in flight when it fell asleep is unknown.
  const twice = [...accepted.values()].reduce((sum, count) => sum + count - 1, 0);
  expect(twice).toBeLessThanOrEqual(BATCH);
});
