import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import type { LocalServer } from '#local/server.ts';
import { connectOnce, type Redis } from '#store/connection.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';
import { createTraffic } from '#test/support/traffic.ts';

const OFTEN = { everyMs: 250 };
/** A worker asks again after half a minute for what it was refused. */
const SELDOM = { everyMs: 500 };
const MESSAGES = 200;

let folder = '';
let server: LocalServer;
let admin: Redis;
let fleet: Fleet;
/** How many messages the fleet got so far. */
let sent = 0;
/** How much each process had logged before a test. */
let logged: ReadonlyMap<RelayProcess, number>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-refuses-'));
  server = await startRedis({ folder, port: await freePort() }, () => {});
  admin = connectOnce(server.address);
  await admin.connect();
  await allow('+@all');
});

afterAll(async () => {
  admin.disconnect();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function prepare(withSandbox: boolean): Promise<void> {
  sent = 0;
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: server.address.replace('redis://', 'redis://relay:relay-password@'),
    withSandbox,
  });
}

beforeEach(async () => {
  await Promise.all(fleet.processes.map(recovered));
  logged = new Map(fleet.processes.map((process) => [process, process.log().length]));
});

afterEach(() => allow('+@all'));

/** Nothing is refused to it any more, and it knows. */
function recovered(process: RelayProcess): Promise<void> {
  return eventually(async () => {
    expect((await readiness(process)).status).toBe(200);
    expect(await missing(process)).toEqual([]);
  }, SELDOM);
}

/** What a process has logged during this test. */
function logOf(process: RelayProcess): string {
  return process.log().slice(logged.get(process) ?? 0);
}

async function send(): Promise<void> {
  await fleet.send(createTraffic(`refused after ${sent}`, MESSAGES).messages);
  sent += MESSAGES;
}

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

/** What a process says of its user's rights: its readiness, its metric, and the line in its log. */
async function expectMissing(process: RelayProcess, command: string, words: string, fix: string) {
  await eventually(async () => {
    const { status, body } = await readiness(process);
    expect(status).toBe(503);
    expect(body).toContain(words);
    expect(body).toContain(fix);
    expect(await missing(process)).toEqual([command]);
  }, OFTEN);
  const line = logOf(process)
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

describe('an ingest', () => {
  let ingest: RelayProcess;

  beforeAll(async () => {
    await prepare(false);
    ingest = await fleet.start('ingest');
  });
  afterAll(() => fleet.stop());

  test('that may not read its watermarks says so, is not ready, and goes on once it may', async () => {
    await allow('+@all', '-mget');
    // A process that lost its connection asks for its watermarks again.
    await admin.call('CLIENT', 'KILL', 'USER', 'relay');
    await send();
    await eventually(async () => {
      expect(await failures(ingest, 'watermarks')).toBeGreaterThan(1);
      const { status, body } = await readiness(ingest);
      expect(status).toBe(503);
      expect(body).toContain('NOPERM');
    }, OFTEN);
    expect(logOf(ingest)).toContain('"operation":"watermarks","fault":"not_allowed"');
    expect(logOf(ingest)).not.toContain('relay-password');
    await allow('+@all');
    await recovered(ingest);
    await eventually(async () => expect(await queued()).toBe(sent), OFTEN);
  });

  test('whose events Redis refuses says so and what it lacks, is not ready, and goes on once it may', async () => {
    await allow('+@all', '-xadd');
    await send();
    await eventually(async () => {
      expect(await failures(ingest, 'intake')).toBeGreaterThan(1);
      expect((await readiness(ingest)).status).toBe(503);
    }, OFTEN);
    expect(logOf(ingest)).toContain('"operation":"intake"');
    await expectMissing(ingest, 'xadd', 'lacks XADD', 'ACL SETUSER relay +xadd');
    await allow('+@all');
    await recovered(ingest);
    await eventually(async () => expect(await queued()).toBe(sent), OFTEN);
  });
});

describe('a worker', () => {
  let worker: RelayProcess;

  beforeAll(async () => {
    await prepare(true);
    [worker] = await Promise.all([fleet.start('worker'), fleet.start('ingest')]);
  });
  afterAll(() => fleet.stop());

  test('that may not read the lane board says so and is not ready until it may', async () => {
    await allow('+@all', '-hgetall');
    await eventually(async () => {
      expect(await failures(worker, 'lane_board')).toBeGreaterThan(1);
      const { status, body } = await readiness(worker);
      expect(status).toBe(503);
      expect(body).toContain('refuses what it is asked');
    }, OFTEN);
    expect(logOf(worker)).toContain('"operation":"lane_board"');
    await allow('+@all');
    await recovered(worker);
  });

  /** Of the script that settles, of BullMQ's that fetches, and of the lane board. */
  test.each(['srem', 'rpoplpush', 'hgetall'])(
    'that lacks %s while it runs names it in its readiness, metric and log',
    async (command) => {
      await allow('+@all', `-${command}`);
      await send();
      const words = `lacks ${command.toUpperCase()}`;
      await expectMissing(worker, command, words, `ACL SETUSER relay +${command}`);
      await allow('+@all');
      await Promise.all(fleet.processes.map(recovered));
      await eventually(async () => {
        expect((await fleet.accepted()).size).toBe(sent);
        expect(await queued()).toBe(0);
      }, OFTEN);
    },
  );

  test('to which its keys are closed while it runs says which', async () => {
    await allow('+@all', 'resetkeys', '~other:*');
    const fix = `ACL SETUSER relay ~${fleet.prefix}:*`;
    await expectMissing(worker, 'keys', 'may not use the keys of redis.prefix', fix);
    await allow('+@all');
    await recovered(worker);
  });
});

describe('a control', () => {
  let control: RelayProcess;

  beforeAll(async () => {
    await prepare(false);
    control = await fleet.start('control');
  });
  afterAll(() => fleet.stop());

  test('that may not renew its hold on the duties gives them up, names why, and takes them again', async () => {
    const holds = async (): Promise<number> =>
      (await scrape([control.url])).sum('capi_control_duties');
    await eventually(async () => expect(await holds()).toBe(1), OFTEN);
    await allow('+@all', '-set');
    await expectMissing(control, 'set', 'lacks SET', 'ACL SETUSER relay +set');
    await eventually(async () => expect(await holds()).toBe(0), OFTEN);
    expect(await failures(control, 'duties')).toBeGreaterThan(0);
    await allow('+@all');
    await recovered(control);
    await eventually(async () => expect(await holds()).toBe(1), OFTEN);
  });
});
