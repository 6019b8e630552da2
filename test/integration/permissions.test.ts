import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';
import { connectOnce, type Redis } from '#store/connection.ts';
import { createPermissionCheck, examineRedis, refuseUnsafeRedis } from '#store/health.ts';
import { tryIntake } from '#store/intake/trial.ts';
import { findMissingPermissions, TRIALS } from '#store/permissions.ts';
import { createStore } from '#store/store.ts';
import { commandsIn } from '#test/support/commands-in.ts';
import { inRepository } from '#test/support/in-repository.ts';

const PREFIX = '{permissions}';
const NAMES = TRIALS.map(([name]) => name);
let folder = '';
let server: LocalServer;
let admin: Redis;
let user: Redis;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-permissions-'));
  server = await startRedis({ folder, port: await freePort() }, () => {});
  admin = connectOnce(server.address);
  await allow('~*', '+@all');
  user = connectOnce(server.address.replace('redis://', 'redis://relay:secret@'));
});

afterAll(async () => {
  admin.disconnect();
  user.disconnect();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function allow(...rules: string[]): Promise<void> {
  await admin.call('ACL', 'SETUSER', 'relay', 'on', '>secret', 'resetkeys', '-@all', ...rules);
}

/** What no command may leave behind. */
async function leftBehind(): Promise<string[]> {
  return admin.keys('*');
}

test('a user who may do everything under the prefix lacks nothing', async () => {
  await allow(`~${PREFIX}:*`, '+@all');
  expect(await examineRedis(createStore(user, PREFIX))).toEqual([]);
  await tryIntake(createStore(user, PREFIX));
  expect(await leftBehind()).toEqual([]);
});

test('a user who may do what is tried, and nothing else, can carry out an intake', async () => {
  await allow(`~${PREFIX}:*`, ...NAMES.map((name) => `+${name}`));
  expect(await examineRedis(createStore(user, PREFIX))).toEqual([]);
  await tryIntake(createStore(user, PREFIX));
  expect(await leftBehind()).toEqual([]);
});

test.each(NAMES)('%s is named where it is missing, with what gives it', async (name) => {
  await allow(`~${PREFIX}:*`, '+@all', `-${name}`);
  expect(await findMissingPermissions(createStore(user, PREFIX))).toEqual({
    commands: [name],
    keys: false,
  });
  const refusal = refuseUnsafeRedis(createStore(user, PREFIX), () => {});
  await expect(refusal).rejects.toThrow(`the Redis user "relay" lacks ${name.toUpperCase()} `);
  await expect(refusal).rejects.toThrow(`ACL SETUSER relay +${name}`);
  // It vanishes by itself where it cannot be deleted.
  for (const key of await leftBehind()) expect(await admin.pttl(key)).toBeGreaterThan(0);
  await admin.flushall();
  // The connection is as it was before.
  await allow(`~${PREFIX}:*`, '+@all');
  expect(await user.ping()).toBe('PONG');
});

test('a check for probes names what is missing at once, and notices what is taken away in time', async () => {
  await allow(`~${PREFIX}:*`, '+@all', '-zadd');
  const clock = { now: 0 };
  const mayDoAll = createPermissionCheck(createStore(user, PREFIX), () => clock.now);
  await expect(mayDoAll()).rejects.toThrow('ACL SETUSER relay +zadd');
  await allow(`~${PREFIX}:*`, '+@all');
  await mayDoAll();
  await allow(`~${PREFIX}:*`, '+@all', '-zadd');
  // Examined a moment ago: that it answers is enough.
  clock.now = 9999;
  await mayDoAll();
  clock.now = 10_000;
  await expect(mayDoAll()).rejects.toThrow('lacks ZADD');
  await expect(mayDoAll()).rejects.toThrow('lacks ZADD');
});

test('keys that are closed are named, with what opens them', async () => {
  await allow('~other:*', '+@all');
  expect(await findMissingPermissions(createStore(user, PREFIX))).toEqual({
    commands: [],
    keys: true,
  });
  const [finding] = await examineRedis(createStore(user, PREFIX));
  expect(finding?.problem).toContain('redis.prefix');
  expect(finding?.fix).toContain(`ACL SETUSER relay ~${PREFIX}:*`);
});

test('a Redis without a limit of its memory is a warning', async () => {
  await allow('~*', '+@all');
  await admin.config('SET', 'maxmemory', '0');
  const findings = await examineRedis(createStore(user, PREFIX));
  await admin.config('SET', 'maxmemory', '1gb');
  expect(findings.map(({ level, problem }) => [level, problem])).toEqual([
    ['warning', expect.stringContaining('no memory limit')],
  ]);
});

/** BullMQ's scripts that queues and workers run here; its others are for what is not used. */
const USED =
  /^(?:add(?:Standard|Prioritized)Job|moveToActive|moveToFinished|moveToDelayed|moveJobFromActiveToWait|moveStalledJobsToWait|retryJob|extendLocks?|releaseLock|saveStacktrace|isMaxed|getCounts|updateData)-\d+\.js$/;

/** What a script tries, and does without where it is not allowed. */
const OPTIONAL = ['unlink'];

/** Asked of Sentinels and of the nodes of a cluster alone, to find the server; a refusal there is its own error. */
const LOCATING = ['cluster', 'sentinel'];

test('every command of every script is among those that are tried', async () => {
  const bullmq = join(dirname(createRequire(import.meta.url).resolve('bullmq')), 'scripts');
  const theirs = (await readdir(bullmq)).filter((file) => USED.test(file));
  expect(theirs.length).toBeGreaterThanOrEqual(14);
  const own = inRepository('packages/store');
  const files = [
    ...theirs.map((file) => join(bullmq, file)),
    ...(await readdir(own, { recursive: true }))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(own, file)),
  ];
  const used = new Set<string>();
  for (const file of files) {
    for (const name of commandsIn(await readFile(file, 'utf8'))) used.add(name);
  }
  expect(used.size).toBeGreaterThan(30);
  const known = [...NAMES, ...OPTIONAL, ...LOCATING];
  expect([...used].filter((name) => !known.includes(name))).toEqual([]);
});
