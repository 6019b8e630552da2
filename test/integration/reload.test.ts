import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type RelayProcess, startRelay } from '#local/relay-process.ts';
import { Samples, scrape } from '#local/scrape.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS, SOURCES, TOKEN } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';
import { createTraffic } from '#test/support/traffic.ts';

const PATIENCE = { everyMs: 100 };
/** Longer than any of this takes: what a request waits for here does not end by itself. */
const HANGS_MS = 3_600_000;
const NEW_TOKEN = 'the-new-token';
const [LEAVING = '', RENEWED = '', OTHER = ''] = PIXELS;
const REDIS_URL = process.env['TEST_REDIS_URL'] ?? '';
let fleet: Fleet;
/** Between the worker and Redis. */
let redis: TcpProxy;
/** Between the worker and the sandbox. */
let graph: TcpProxy;
let worker: RelayProcess;
/** The worker's configuration file. */
let own = '';

type Section = Record<string, unknown>;

/** The worker has a configuration of its own, and reaches Redis and the sandbox through proxies. */
async function begin(graphTimeoutMs: number): Promise<void> {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: REDIS_URL,
    sections: { worker: { port: 0, blocked: { probeMs: 3_600_000 } } },
  });
  graph = await TcpProxy.to(Number(new URL(fleet.sandbox.url).port));
  await fleet.start('ingest');
  const folder = dirname(fleet.configuration);
  own = join(folder, 'worker.json');
  await copyFile(fleet.configuration, own);
  await change((file) => {
    file['graphApi'] = { url: `http://127.0.0.1:${graph.port}`, timeoutMs: graphTimeoutMs };
    file['redis'] = { ...(file['redis'] as Section), url: `redis://127.0.0.1:${redis.port}` };
  });
  const options = { name: 'worker', folder, args: ['--config', own] };
  worker = await startRelay('worker/main.ts', options);
  fleet.processes.push(worker);
}

beforeEach(async () => {
  redis = await TcpProxy.to(Number(new URL(REDIS_URL).port));
});

afterEach(async () => {
  // Stopping needs Redis, whatever a test that failed left behind.
  redis.refuse(false);
  redis.blackHole('answers', false);
  const exits = await fleet.stop();
  await Promise.all([redis.close(), graph.close()]);
  expect(exits).toEqual([0, 0]);
});

async function change(edit: (file: Section) => void): Promise<void> {
  const file = JSON.parse(await readFile(own, 'utf8')) as Section;
  edit(file);
  await writeFile(`${own}.next`, JSON.stringify(file));
  await rename(`${own}.next`, own);
}

/** Pixels of the fleet with these tokens; a pixel without one is removed. */
function configure(tokens: Readonly<Record<string, string>>): Promise<void> {
  return change((file) => {
    file['pixels'] = PIXELS.flatMap((pixelId, index) => {
      const accessToken = tokens[pixelId];
      if (accessToken === undefined) return [];
      return [{ pixelId, accessToken, events: { where: { 'context.source': SOURCES[index] } } }];
    });
  });
}

async function send(seed: string, count: number): Promise<ReadonlySet<string>> {
  const { messages, good } = createTraffic(seed, count);
  await fleet.send(messages);
  return good;
}

async function queued(pixel: string): Promise<number> {
  return (await fleet.ledgers()).get(pixel)?.queued ?? 0;
}

async function metrics(): Promise<Samples> {
  // With all the time that collectors need which Redis does not answer.
  const samples = new Samples();
  samples.add(await (await fetch(`${worker.url}/metrics`)).text());
  return samples;
}

async function pending(): Promise<number> {
  return (await metrics()).sum('capi_configuration_reload_pending');
}

/** The worker has read the changed file; whether all of it has effect is another matter. */
function changeIsRead(): Promise<void> {
  return eventually(async () => {
    const read = await metrics();
    const applied = read.sum('capi_configuration_reloads_total', { result: 'applied' });
    expect(applied + read.sum('capi_configuration_reload_pending')).toBeGreaterThan(0);
  }, PATIENCE);
}

async function requireNewToken(pixel: string): Promise<void> {
  await fleet.tell('tokens', { pixel, tokens: [NEW_TOKEN], expired: [TOKEN] });
}

async function everythingArrivesOnce(good: ReadonlySet<string>): Promise<void> {
  const accepted = await fleet.accepted();
  expect(accepted.size).toBe(good.size);
  expect([...good].filter((id) => accepted.get(id) !== 1)).toEqual([]);
}

test.each<[string, () => void, () => void]>([
  ['connections to Redis are refused', () => redis.refuse(true), () => redis.refuse(false)],
  [
    'Redis does not answer',
    () => redis.blackHole('answers', true),
    () => redis.blackHole('answers', false),
  ],
])(
  'a pixel that is removed and added again while %s delays no other change',
  async (_, cut, heal) => {
    await begin(5000);
    const first = await send('before', 300);
    await settled(fleet, 300);
    await requireNewToken(RENEWED);
    await requireNewToken(OTHER);
    cut();
    await configure({ [RENEWED]: NEW_TOKEN, [OTHER]: TOKEN });
    await changeIsRead();
    await configure({ [RENEWED]: NEW_TOKEN, [OTHER]: NEW_TOKEN });
    await configure({ [LEAVING]: TOKEN, [RENEWED]: NEW_TOKEN, [OTHER]: NEW_TOKEN });
    heal();
    const second = await send('after', 300);
    await settled(fleet, 600);
    await everythingArrivesOnce(new Set([...first, ...second]));
    await eventually(async () => expect(await pending()).toBe(0), PATIENCE);
  },
);

test('a pixel that is removed while its requests hang delays no other change, and may return', async () => {
  await begin(HANGS_MS);
  await fleet.tell('behaviour', { pixel: LEAVING, kind: 'hang', when: 'before_judging' });
  await requireNewToken(RENEWED);
  const first = await send('before', 300);
  await eventually(async () => {
    const samples = await scrape([worker.url]);
    expect(samples.sum('capi_worker_in_flight_requests', { pixel: LEAVING })).toBeGreaterThan(0);
    expect(samples.sum('capi_worker_lane_state', { pixel: RENEWED, state: 'blocked' })).toBe(1);
  }, PATIENCE);
  await configure({ [RENEWED]: NEW_TOKEN, [OTHER]: TOKEN });
  await eventually(async () => expect(await queued(RENEWED)).toBe(0), PATIENCE);
  expect(await pending()).toBe(1);
  // It is wanted again while its old lane waits for an answer; a change meanwhile goes through too.
  await requireNewToken(OTHER);
  await configure({ [LEAVING]: TOKEN, [RENEWED]: NEW_TOKEN, [OTHER]: NEW_TOKEN });
  const second = await send('meanwhile', 300);
  await eventually(async () => {
    expect((await fleet.ledgers()).get(OTHER)?.queued).toBe(0);
    expect((await fleet.ledgers()).get(RENEWED)?.queued).toBe(0);
  }, PATIENCE);
  expect(await pending()).toBe(1);
  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
  graph.cut();
  await settled(fleet, 600);
  await everythingArrivesOnce(new Set([...first, ...second]));
  await eventually(async () => expect(await pending()).toBe(0), PATIENCE);
});
