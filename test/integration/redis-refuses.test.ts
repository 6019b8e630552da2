import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import type { LocalServer } from '#local/server.ts';
import { connectOnce, type Redis } from '#store/connection.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';
import { createTraffic } from '#test/support/traffic.ts';

const OFTEN = { everyMs: 100 };
const MESSAGES = 200;

let folder = '';
let server: LocalServer;
let admin: Redis;
let fleet: Fleet;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-refuses-'));
  server = await startRedis({ folder, port: await freePort() }, () => {});
  admin = connectOnce(server.address);
  await admin.connect();
  await allow('+@all');
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: server.address.replace('redis://', 'redis://relay:relay-password@'),
  });
});

afterEach(async () => {
  await allow('+@all');
  await fleet.stop();
  admin.disconnect();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Changes the rights of the user that our processes come as. */
async function allow(...rights: string[]): Promise<void> {
  await admin.call('ACL', 'SETUSER', 'relay', 'on', '>relay-password', '~*', '&*', ...rights);
}

async function readiness({ url }: RelayProcess) {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, body: await answer.text() };
}

async function failures({ url }: RelayProcess, operation: string): Promise<number> {
  const page = await scrape([url]);
  return page.sum('capi_redis_failures_total', { operation, fault: 'not_allowed' });
}

async function queued(): Promise<number> {
  return [...(await fleet.ledgers()).values()].reduce((sum, ledger) => sum + ledger.queued, 0);
}

test('an ingest that may not read its watermarks says so, is not ready, and goes on once it may', async () => {
  const ingest = await fleet.start('ingest');
  await eventually(async () => expect((await readiness(ingest)).status).toBe(200), OFTEN);
  await allow('+@all', '-mget');
  // A process that lost its connection asks for its watermarks again.
  await admin.call('CLIENT', 'KILL', 'USER', 'relay');
  await fleet.send(createTraffic('refused', MESSAGES).messages);
  await eventually(async () => {
    expect(await failures(ingest, 'watermarks')).toBeGreaterThan(1);
    const { status, body } = await readiness(ingest);
    expect(status).toBe(503);
    expect(body).toContain('NOPERM');
  }, OFTEN);
  expect(ingest.log()).toContain('"operation":"watermarks","fault":"not_allowed"');
  expect(ingest.log()).not.toContain('relay-password');
  await allow('+@all');
  await eventually(async () => {
    expect(await queued()).toBe(MESSAGES);
    expect((await readiness(ingest)).status).toBe(200);
  }, OFTEN);
});

test('an ingest whose events Redis refuses says so, is not ready, and goes on once it may', async () => {
  const ingest = await fleet.start('ingest');
  await eventually(async () => expect((await readiness(ingest)).status).toBe(200), OFTEN);
  await allow('+@all', '-xadd');
  await fleet.send(createTraffic('refused', MESSAGES).messages);
  await eventually(async () => {
    expect(await failures(ingest, 'intake')).toBeGreaterThan(1);
    expect((await readiness(ingest)).status).toBe(503);
  }, OFTEN);
  expect(ingest.log()).toContain('"operation":"intake"');
  await allow('+@all');
  await eventually(async () => {
    expect(await queued()).toBe(MESSAGES);
    expect((await readiness(ingest)).status).toBe(200);
  }, OFTEN);
});

test('a worker that may not read the lane board says so and is not ready until it may', async () => {
  const worker = await fleet.start('worker');
  await eventually(async () => expect((await readiness(worker)).status).toBe(200), OFTEN);
  await allow('+@all', '-hgetall');
  await eventually(async () => {
    expect(await failures(worker, 'lane_board')).toBeGreaterThan(1);
    const { status, body } = await readiness(worker);
    expect(status).toBe(503);
    expect(body).toContain('refuses what it is asked');
  }, OFTEN);
  expect(worker.log()).toContain('"operation":"lane_board"');
  await allow('+@all');
  await eventually(async () => expect((await readiness(worker)).status).toBe(200), OFTEN);
});

/** What a process says of its user's rights: its readiness, its metric, and the line in its log. */
async function expectMissing(process: RelayProcess, command: string, words: string, fix: string) {
  await eventually(async () => {
    const { status, body } = await readiness(process);
    expect(status).toBe(503);
    expect(body).toContain(words);
    expect(body).toContain(fix);
    expect(await missing(process)).toEqual([command]);
  }, OFTEN);
  const line = process
    .log()
    .split('\n')
    .find((each) => each.includes('Redis is misconfigured'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({
    problem: expect.stringContaining(words),
    fix: expect.stringContaining(fix),
  });
}

/** Which commands a process shows to be missing. */
async function missing({ url }: RelayProcess): Promise<string[]> {
  const page = await (await fetch(`${url}/metrics`)).text();
  const series = page.matchAll(/^capi_redis_missing_permissions\{command="(\w+)"\} 1$/gm);
  return [...series].map(([, command = '']) => command);
}

/** Of the script that settles, of BullMQ's that fetches, and of the lane board. */
test.each(['srem', 'rpoplpush', 'hgetall'])(
  'a worker that lacks %s while it runs names it in its readiness, metric and log',
  async (command) => {
    const [ingest, worker] = await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
    await eventually(async () => expect((await readiness(worker)).status).toBe(200), OFTEN);
    await allow('+@all', `-${command}`);
    await fleet.send(createTraffic('refused', MESSAGES).messages);
    const words = `lacks ${command.toUpperCase()}`;
    await expectMissing(worker, command, words, `ACL SETUSER relay +${command}`);
    await allow('+@all');
    await eventually(async () => {
      expect(await missing(worker)).toEqual([]);
      expect((await readiness(worker)).status).toBe(200);
      expect((await readiness(ingest)).status).toBe(200);
      expect((await fleet.accepted()).size).toBe(MESSAGES);
    }, OFTEN);
    expect(await queued()).toBe(0);
  },
);

test('a worker to which its keys are closed while it runs says which', async () => {
  const worker = await fleet.start('worker');
  await eventually(async () => expect((await readiness(worker)).status).toBe(200), OFTEN);
  await allow('+@all', 'resetkeys', '~other:*');
  const fix = `ACL SETUSER relay ~${fleet.prefix}:*`;
  await expectMissing(worker, 'keys', 'may not use the keys of redis.prefix', fix);
  await allow('+@all');
  await eventually(async () => {
    expect(await missing(worker)).toEqual([]);
    expect((await readiness(worker)).status).toBe(200);
  }, OFTEN);
});

test('an ingest that lacks a command while it runs names it', async () => {
  const ingest = await fleet.start('ingest');
  await eventually(async () => expect((await readiness(ingest)).status).toBe(200), OFTEN);
  await allow('+@all', '-xadd');
  await fleet.send(createTraffic('refused', MESSAGES).messages);
  await expectMissing(ingest, 'xadd', 'lacks XADD', 'ACL SETUSER relay +xadd');
});

test('a control that may not renew its hold on the duties gives them up, names why, and takes them again', async () => {
  const control = await fleet.start('control');
  const holds = async (): Promise<number> =>
    (await scrape([control.url])).sum('capi_control_duties');
  await eventually(async () => {
    expect((await readiness(control)).status).toBe(200);
    expect(await holds()).toBe(1);
  }, OFTEN);
  await allow('+@all', '-set');
  await expectMissing(control, 'set', 'lacks SET', 'ACL SETUSER relay +set');
  await eventually(async () => expect(await holds()).toBe(0), OFTEN);
  expect(await failures(control, 'duties')).toBeGreaterThan(0);
  await allow('+@all');
  await eventually(async () => {
    expect(await missing(control)).toEqual([]);
    expect((await readiness(control)).status).toBe(200);
    expect(await holds()).toBe(1);
  }, OFTEN);
});
