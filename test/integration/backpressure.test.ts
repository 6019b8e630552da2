import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RelayProcess } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import { imbalance } from '#store/status/ledger.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { createTraffic } from '#test/support/traffic.ts';

const run = promisify(execFile);

const MESSAGES = 12_000;
const PAUSE_AT = 2000;
/** What one fetch of every partition may bring after the mark was reached. */
const OVERSHOOT = 8000;
/** Long enough that one fetch of a partition, which is a mebibyte, holds few. */
const UNREADABLE = Buffer.from(`no JSON ${'.'.repeat(1400)}`);
const PURGE = inRepository('services/cli/dead-letters/main.ts');
const PATIENCE = { everyMs: 100 };
let fleet: Fleet;

beforeEach(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      ingest: {
        port: 0,
        backpressure: {
          pauseAtEvents: PAUSE_AT,
          resumeAtEvents: 500,
          pauseAtDeadLetters: PAUSE_AT,
          resumeAtDeadLetters: 500,
          pollMs: 20,
        },
      },
      worker: { port: 0, retry: { attempts: 50, baseMs: 50, capMs: 200 } },
    },
  });
});

afterEach(async () => {
  await fleet.stop();
});

async function queued(): Promise<number> {
  return [...(await fleet.ledgers()).values()].reduce((sum, { queued: n }) => sum + n, 0);
}

async function consumed(): Promise<number> {
  return [...(await fleet.ledgers()).values()].reduce((sum, { consumed: n }) => sum + n, 0);
}

/** Makes room among the dead letters, as a person would. */
async function purge(): Promise<void> {
  const args = ['purge', '--all', '--no-backup', '--yes', '--config', fleet.configuration];
  await run(process.execPath, [PURGE, ...args]);
}

async function paused(ingest: RelayProcess): Promise<number> {
  return (await scrape([ingest.url])).sum('capi_ingest_paused');
}

test('a backlog waits in Kafka while Meta takes nothing, and flows once it does', async () => {
  await fleet.tell('behaviour', { pixel: '*', kind: 'status', status: 503 });
  const traffic = createTraffic('backlog', MESSAGES);
  await fleet.send(traffic.messages);
  const [ingest] = await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
  await eventually(async () => expect(await paused(ingest)).toBe(1), PATIENCE);
  // It stays so: whatever was fetched is read, and nothing more comes.
  const held = await queued();
  expect(held).toBeLessThan(PAUSE_AT + OVERSHOOT);
  await sleep(1500);
  expect(await queued()).toBeLessThan(PAUSE_AT + OVERSHOOT);
  expect(await paused(ingest)).toBe(1);

  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
  await eventually(async () => {
    const ledgers = [...(await fleet.ledgers()).values()];
    expect(ledgers.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(MESSAGES);
    for (const ledger of ledgers) expect(imbalance(ledger)).toBe(0);
  }, PATIENCE);
  expect(await paused(ingest)).toBe(0);
  expect(new Set((await fleet.accepted()).keys())).toEqual(traffic.good);
});

test('a mistake that kills everything waits in Kafka, and goes on when there is room again', async () => {
  await fleet.send(Array.from({ length: MESSAGES }, () => ({ key: null, value: UNREADABLE })));
  const ingest = await fleet.start('ingest');
  await eventually(async () => expect(await paused(ingest)).toBe(1), PATIENCE);
  const before = await consumed();
  expect(before).toBeGreaterThanOrEqual(PAUSE_AT);
  expect(before).toBeLessThan(PAUSE_AT + OVERSHOOT);

  // A purge is a process: the next one waits until ingest has read as much as pauses it.
  for (let read = before; read < MESSAGES; ) {
    const enough = Math.min(read + PAUSE_AT, MESSAGES);
    await purge();
    await eventually(async () => {
      read = await consumed();
      expect(read).toBeGreaterThanOrEqual(enough);
    }, PATIENCE);
  }
  for (const ledger of (await fleet.ledgers()).values()) expect(imbalance(ledger)).toBe(0);
  await eventually(async () => expect(await paused(ingest)).toBe(0), PATIENCE);
});
