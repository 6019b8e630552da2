import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkRedis } from '#cli/check/check-redis.ts';
import { runCheck } from '#cli/check/finding.ts';
import type { RedisConfiguration } from '#config/configuration.ts';
import { connectForCommands } from '#store/connection.ts';
import { reachedServer } from '#store/topology/locating-connector.ts';
import { disturbCluster } from '#test/crash/proofs/cluster.ts';
import { expectHolds, shortForms } from '#test/crash/short-forms.ts';
import type { Scene } from '#test/crash/trial.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { PIXELS } from '#test/support/fleet.ts';
import { type RedisCluster, startRedisCluster } from '#test/support/redis-cluster.ts';

/** What hangs, rather than what is slow. */
const PATIENCE_MS = 240_000;
const LOAD = { failovers: 1, moves: 1, eventsPerSecond: 100, workers: 1, midwayMs: 0 };

const { own } = shortForms('shared Kafka');
let folder = '';
let cluster: RedisCluster;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-cluster-'));
  cluster = await startRedisCluster(folder);
});

afterAll(async () => {
  await cluster?.close();
  await rm(folder, { recursive: true, force: true });
});

const at = (nodes: readonly string[], prefix: string): RedisConfiguration => ({
  cluster: { nodes },
  prefix,
});

async function check(redis: RedisConfiguration): Promise<string> {
  const findings = await runCheck(checkRedis(redis, 3), PATIENCE_MS);
  return findings.map(({ level, message, fix }) => `${level}: ${message} → ${fix}`).join('\n');
}

test('check names the node of the slot, and whether all slots are covered', async () => {
  const prefix = '{checked}';
  const slot = await cluster.slotOf(prefix);
  const { primary } = await cluster.serving(slot);
  const others = cluster.addresses.filter((each) => !each.endsWith(`:${primary.port}`));
  const said = await check(at(['127.0.0.1:1', others[0] ?? ''], prefix));
  expect(said).toMatch(new RegExp(`^ok: 127.0.0.1:${primary.port} answers in`));
  expect(said).toContain(
    `ok: cluster of 3 primaries, 6 nodes, 16384 of 16384 slots covered; slot ${slot} of redis.prefix is on 127.0.0.1:${primary.port}`,
  );
  expect(said).toContain('1 replica');
  expect(said).toContain('accepts a trial intake');
  expect(said).not.toContain('failure:');
  expect(await check(at(['127.0.0.1:1'], prefix))).toMatch(
    /^failure: no node of the cluster says where the primary is: 127.0.0.1:1: ECONNREFUSED → .*redis.cluster/,
  );
});

test('what a silent server owes an answer for is not sent again, and the next server is found', async () => {
  const prefix = '{followed}';
  const { primary } = await cluster.settled(await cluster.slotOf(prefix));
  const logged: string[] = [];
  const redis = connectForCommands(at(cluster.addresses, prefix), (event, detail) => {
    logged.push(`${event} ${detail}`);
  });
  try {
    expect(await redis.incr(`${prefix}:before`)).toBe(1);
    process.kill(primary.server.pid() ?? 0, 'SIGSTOP');
    const asked = redis.incr(`${prefix}:asked`).then(
      () => 'answered',
      () => 'failed',
    );
    expect(await asked).toBe('failed');
    await eventually(async () => expect(await redis.get(`${prefix}:asked`)).toBe(null));
    expect(redis.status).toBe('ready');
    expect(reachedServer(redis)).not.toBe(`127.0.0.1:${primary.port}`);
    expect(logged.at(-1)).toBe(`redis_ready ${reachedServer(redis)}`);
  } finally {
    redis.disconnect();
    process.kill(primary.server.pid() ?? 0, 'SIGCONT');
  }
});

/** What people and probes are told while some keys of the slot are here and others there. */
async function midway({ fleet, crew }: Scene): Promise<void> {
  const [ingest] = crew.of('ingest');
  await eventually(async () => {
    const answer = await fetch(`${ingest?.url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toMatch(/TRYAGAIN|ASK/);
    const metrics = await (await fetch(`${ingest?.url}/metrics`)).text();
    expect(metrics).toMatch(/capi_redis_failures_total\{[^}]*fault="moved"[^}]*\} [1-9]/);
  });
  const pause = ['pause', PIXELS[0] ?? '', '--config', fleet.configuration];
  const said = await commandHere('lanes', pause);
  expect(said.code).toBe(6);
  expect(said.err).toContain('is moving to another server');
}

test('a primary that dies and a slot that moves under load cost no event', async () => {
  expectHolds(await disturbCluster(own('cluster'), LOAD, cluster, midway));
});
