import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { RelayProcess } from '#local/relay-process.ts';
import { Fleet } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic, type Traffic } from '#test/support/traffic.ts';

jest.setTimeout(240_000);

const MESSAGES = 12_000;
const CHUNK = 500;
/** Envelopes held × their events: what a worker may have sent without knowing the answer. */
const IN_FLIGHT_AT_A_KILL = 3 * 4 * 1000;

let fleet: Fleet;

beforeEach(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sandboxArgs: ['--behaviour', '*=delay,ms:20-80'],
    sections: {
      // Small takes, small batches: more moments at which a kill can hurt.
      ingest: { port: 0, sessionTimeoutMs: 6000, envelope: { maxEvents: 50, lingerMs: 20 } },
      worker: { port: 0, lockMs: 5000, batch: { maxEvents: 200, lingerMs: 20 } },
    },
  });
});

afterEach(async () => {
  await fleet.stop();
});

/** Sends the traffic bit by bit while `disturb` does its worst. */
async function underLoad(traffic: Traffic, disturb: () => Promise<void>): Promise<void> {
  const sending = (async () => {
    for (let at = 0; at < traffic.messages.length; at += CHUNK) {
      await fleet.send(traffic.messages.slice(at, at + CHUNK));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  await disturb();
  await sending;
}

/** Kills a process and puts another in its place. */
async function replace(victim: RelayProcess, service: 'ingest' | 'worker'): Promise<RelayProcess> {
  victim.kill('SIGKILL');
  expect(await victim.exited).toBe('SIGKILL');
  return fleet.start(service);
}

/** Everything has ended: the ledger balances and each good event arrived. */
async function expectNothingLost(traffic: Traffic): Promise<Map<string, number>> {
  await settled(fleet, MESSAGES);
  const accepted = await fleet.accepted();
  expect([...traffic.good].filter((id) => !accepted.has(id))).toEqual([]);
  expect([...accepted.keys()].filter((id) => !traffic.good.has(id))).toEqual([]);
  return accepted;
}

function duplicates(accepted: ReadonlyMap<string, number>): number {
  return [...accepted.values()].reduce((sum, count) => sum + count - 1, 0);
}

describe('SIGKILL under load loses nothing', () => {
  test('of ingest, again and again: no event is enqueued twice', async () => {
    const traffic = createTraffic('ingest-killed', MESSAGES, 0.01);
    let ingest = await fleet.start('ingest');
    await fleet.start('worker');
    await underLoad(traffic, async () => {
      for (let kill = 0; kill < 3; kill += 1) {
        await new Promise((resolve) => setTimeout(resolve, 300 + 350 * kill));
        ingest = await replace(ingest, 'ingest');
      }
    });
    const accepted = await expectNothingLost(traffic);
    expect(duplicates(accepted)).toBe(0);
  });

  test('of a worker: only what was in flight may arrive twice', async () => {
    const traffic = createTraffic('worker-killed', MESSAGES, 0.01);
    await fleet.start('ingest');
    await fleet.start('worker');
    let victim = await fleet.start('worker');
    await underLoad(traffic, async () => {
      for (let kill = 0; kill < 2; kill += 1) {
        await new Promise((resolve) => setTimeout(resolve, 600));
        victim = await replace(victim, 'worker');
      }
    });
    const accepted = await expectNothingLost(traffic);
    expect(duplicates(accepted)).toBeLessThanOrEqual(2 * IN_FLIGHT_AT_A_KILL);
  });

  test('of everything that is ours at once', async () => {
    const traffic = createTraffic('all-killed', MESSAGES, 0.01);
    const running = await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
    await underLoad(traffic, async () => {
      await new Promise((resolve) => setTimeout(resolve, 800));
      for (const process of running) process.kill('SIGKILL');
      await Promise.all(running.map(({ exited }) => exited));
      await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
    });
    const accepted = await expectNothingLost(traffic);
    expect(duplicates(accepted)).toBeLessThanOrEqual(IN_FLIGHT_AT_A_KILL);
  });
});
