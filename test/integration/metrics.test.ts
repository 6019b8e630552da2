import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NEWEST_GRAPH_VERSION, versionEnd } from '#core/outcome/graph-versions.ts';
import { freePort } from '#local/ports.ts';
import { prometheusPrograms } from '#local/prometheus.ts';
import { startRedis } from '#local/redis.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import type { LocalServer } from '#local/server.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic } from '#test/support/traffic.ts';

const MESSAGES = 2000;
const MOST_SERIES = 600;
/** A scrape that hangs, rather than one that is slow, whatever happens to Redis, in ms. */
const DEADLINE_MS = 240_000;

let folder: string;
let redis: LocalServer;
let fleet: Fleet;
let ingest: RelayProcess;
let worker: RelayProcess;
let control: RelayProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-metrics-'));
  redis = await startRedis({ folder, port: await freePort() }, () => {});
  const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
  fleet = await Fleet.prepare({ brokers, redisUrl: redis.address });
  [ingest, worker, control] = await Promise.all([
    fleet.start('ingest'),
    fleet.start('worker'),
    fleet.start('control'),
  ]);
  await fleet.send(createTraffic('metrics', MESSAGES, 0.05).messages);
  await settled(fleet, MESSAGES);
});
afterAll(async () => {
  await fleet.stop();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

async function page({ url }: RelayProcess): Promise<string> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(DEADLINE_MS) });
  return answer.text();
}

async function statusOf({ url }: RelayProcess, path: string): Promise<number> {
  return (await fetch(`${url}${path}`)).status;
}

/** What promtool has to say about a page; nothing when it is as it should be. */
async function judged(content: string): Promise<string> {
  const { promtool } = await prometheusPrograms((line) => process.stderr.write(`${line}\n`));
  const child = spawn(promtool, ['check', 'metrics']);
  child.stdin.end(content);
  const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return said + complained;
}

describe('a live page', () => {
  test.each([
    ['ingest', () => ingest],
    ['a worker', () => worker],
    ['control', () => control],
    ['the sandbox', () => fleet.sandbox],
  ])('of %s is as Prometheus wants it, and small', async (_, process) => {
    const content = await page(process());
    expect(await judged(content)).toBe('');
    const series = content.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(series.length).toBeLessThanOrEqual(MOST_SERIES);
  });

  test('of a worker says when the version of the Graph API ends', async () => {
    const end = versionEnd(NEWEST_GRAPH_VERSION)?.at ?? 0;
    const name = 'capi_graph_api_version_end_timestamp_seconds';
    const content = await page(worker);
    expect(content).toContain(
      `${name}{version="${NEWEST_GRAPH_VERSION}",role="stable"} ${end / 1000}`,
    );
  });

  test('tells the same story as the ledger', async () => {
    await eventually(async () => {
      const samples = await scrape([worker.url, control.url]);
      expect(samples.sum('capi_ledger_events', { state: 'consumed' })).toBe(MESSAGES);
      expect(samples.sum('capi_ledger_imbalance_events')).toBe(0);
      const delivered = samples.sum('capi_ledger_events', { state: 'delivered' });
      expect(samples.sum('capi_worker_delivered_events_total')).toBe(delivered);
      expect(
        samples.sum('capi_worker_delivered_events_total', { event_name: 'Purchase' }),
      ).not.toBe(0);
    });
  });

  test('shows coverage of match keys, and the lag of every partition', async () => {
    await eventually(async () => {
      const samples = await scrape([ingest.url, control.url]);
      const [pixel = ''] = PIXELS;
      const enqueued = samples.sum('capi_ingest_events_total', { pixel, outcome: 'enqueued' });
      const covered = samples.sum('capi_event_match_keys_total', { pixel, key: 'external_id' });
      expect(covered).toBeGreaterThan(0);
      expect(covered).toBeLessThanOrEqual(enqueued);
      expect(samples.values('capi_ingest_lag_messages', 'partition')).toEqual(['0', '1', '2', '3']);
      expect(samples.sum('capi_ingest_lag_messages')).toBe(0);
      expect(samples.sum('capi_ingest_group_members')).toBe(1);
    });
  });
});

describe('while Redis', () => {
  /** Values that were fresh a moment ago are not asked for again, so this may take two pages. */
  const shows = (process: RelayProcess, success: 0 | 1) =>
    eventually(async () => {
      expect(await page(process)).toContain(`capi_collector_success{collector="redis"} ${success}`);
    });

  const becomes = async (process: RelayProcess, success: 0 | 1, ready: number) => {
    await shows(process, success);
    await eventually(async () => expect(await statusOf(process, '/readyz')).toBe(ready));
    expect(await statusOf(process, '/livez')).toBe(200);
  };

  const healthy = () => Promise.all([ingest, worker, control].map((each) => becomes(each, 1, 200)));

  const unwell = async () => {
    await Promise.all([ingest, worker, control].map((each) => becomes(each, 0, 503)));
    expect(await page(worker)).toMatch(/capi_worker_events_total\{[^}]*\} [1-9]/);
    // While it is unknown which process has the duties, none serves gauges of the fleet.
    await eventually(async () => {
      const samples = await page(control);
      expect(samples).toContain('capi_collector_success{collector="ledger"} 0');
      expect(samples).toContain('capi_control_duties 0');
      expect(samples).not.toMatch(/^capi_(ledger_events|redis_memory_used_ratio|replay_active)/m);
    });
  };

  test('is frozen, pages come with the last values and say so', async () => {
    await healthy();
    process.kill(redis.pid(), 'SIGSTOP');
    try {
      await unwell();
    } finally {
      process.kill(redis.pid(), 'SIGCONT');
    }
    await healthy();
  });

  test('is dead, too', async () => {
    await redis.kill();
    try {
      await unwell();
      for (const { url } of [ingest, worker, control]) {
        const answer = await fetch(`${url}/readyz?verbose`);
        expect(await answer.text()).toContain('does not answer: ECONNREFUSED');
      }
    } finally {
      await redis.start();
    }
    await healthy();
  });
});
