import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import type { LocalServer } from '#local/server.ts';
import { imbalance } from '#store/status/ledger.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';

const OFTEN = { everyMs: 200 };
const MESSAGES = 320;
const WARM = 100;
const MESSAGE_BYTES = 700_000;
const INTAKE_BYTES = 8 * 1024 * 1024;
/** Two intakes, and what Kafka's client has fetched of four partitions. */
const HELD_BYTES = 128 * 1024 * 1024;
/** What sealing and sending them takes, until it is collected. */
const FLOWING_BYTES = 320 * 1024 * 1024;

let folder = '';
let server: LocalServer;
let fleet: Fleet;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-memory-'));
  server = await startRedis({ folder, port: await freePort() }, () => {});
  fleet = await Fleet.prepare({
    withSandbox: false,
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: server.address,
    sections: {
      ingest: { port: 0, maxIntakeBytes: INTAKE_BYTES, stopTimeoutMs: 120_000 },
    },
  });
});

afterEach(async () => {
  process.kill(server.pid(), 'SIGCONT');
  await fleet.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The most memory that a process has had so far. */
async function peakBytes({ pid }: RelayProcess): Promise<number> {
  const [, kilobytes] =
    /^VmHWM:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

async function consumed(): Promise<number> {
  const ledgers = [...(await fleet.ledgers()).values()];
  for (const ledger of ledgers) expect(imbalance(ledger)).toBe(0);
  return ledgers.reduce((sum, ledger) => sum + ledger.consumed, 0);
}

function* keyed(from: number, to: number, value: () => Buffer) {
  for (let at = from; at < to; at += 1) yield { key: String(at), value: value() };
}

test('large messages do not pile up in memory while Redis hangs, nor when it is back', async () => {
  const ingest = await fleet.start('ingest');
  // So that it knows every partition, and everything that it has at all is there.
  await fleet.send([...keyed(0, WARM, () => Buffer.from('no JSON'))]);
  await eventually(async () => expect(await consumed()).toBe(WARM), OFTEN);
  const before = await peakBytes(ingest);

  process.kill(server.pid(), 'SIGSTOP');
  for (const message of keyed(WARM, MESSAGES, () => randomBytes(MESSAGE_BYTES))) {
    await fleet.send([message]);
  }
  // Tried twice, so that what a retry takes is seen too.
  await eventually(async () => {
    expect((await scrape([ingest.url])).sum('capi_ingest_write_failures_total')).toBeGreaterThan(1);
  }, OFTEN);
  expect((await peakBytes(ingest)) - before).toBeLessThan(HELD_BYTES);

  process.kill(server.pid(), 'SIGCONT');
  await eventually(async () => expect(await consumed()).toBe(MESSAGES), OFTEN);
  expect((await peakBytes(ingest)) - before).toBeLessThan(FLOWING_BYTES);
  expect(ingest.running()).toBe(true);
});
