import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkRedis } from '#cli/check/check-redis.ts';
import { runCheck } from '#cli/check/finding.ts';
import type { RedisConfiguration } from '#config/configuration.ts';
import { loadConfiguration } from '#config/load.ts';
import { connectForCommands } from '#store/connection.ts';
import { pingFailure, refuseUnsafeRedis } from '#store/health.ts';
import { createStore } from '#store/store.ts';
import { promoteUnderLoad, type SecuredRedis, startSecured } from '#test/crash/proofs/sentinels.ts';
import { expectHolds, shortForms } from '#test/crash/short-forms.ts';
import type { Scene } from '#test/crash/trial.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { PIXELS } from '#test/support/fleet.ts';
import { PRIMARY_NAME } from '#test/support/redis-sentinels.ts';

/** What hangs, rather than what is slow. */
const PATIENCE_MS = 240_000;
const LOAD = { times: 1, eventsPerSecond: 100, replicas: 1, workers: 1, settings: {} };

const { own } = shortForms('shared Kafka');
let folder = '';
let secured: SecuredRedis;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-sentinels-'));
  secured = await startSecured(folder, LOAD);
});

afterAll(async () => {
  await secured?.watched.close();
  await rm(folder, { recursive: true, force: true });
});

/** As the configuration file says it. */
async function configured(sentinels: object = {}, redis: object = {}): Promise<RedisConfiguration> {
  const file = join(folder, 'relay.json');
  const section = { ...secured.redis, sentinels: { ...secured.redis.sentinels, ...sentinels } };
  const kafka = { brokers: ['127.0.0.1:1'], topics: ['t'] };
  const pixels = [{ pixelId: '101', accessToken: 'token' }];
  const content = { kafka, redis: { ...section, ...redis }, sealing: 'off', pixels };
  await writeFile(file, JSON.stringify(content));
  return (await loadConfiguration(file, {})).redis;
}

const check = (redis: RedisConfiguration) => runCheck(checkRedis(redis, 3), PATIENCE_MS);

test('check names the primary, its Sentinels and their quorum', async () => {
  const findings = await check(await configured());
  const said = findings.map(({ level, message }) => `${level}: ${message}`).join('\n');
  const address = (await secured.watched.primary()).address.replace('redis://', '');
  expect(said).toMatch(new RegExp(`^ok: ${address} answers in`));
  expect(said).toContain(
    `ok: Sentinels name ${address} as the primary "${PRIMARY_NAME}"; 3 of 3 answer; quorum 2 of 3`,
  );
  expect(said).toContain('primary of Redis');
  expect(said).toContain('1 replica');
  expect(said).toContain('accepts a trial intake');
  expect(said).not.toContain('failure:');
});

describe('what is wrong is said, with what to do', () => {
  const none = { username: undefined, passwordFile: undefined };
  test.each<[string, object, object, string, string]>([
    [
      'a name that none knows',
      { name: 'other' },
      {},
      'watches nothing called other',
      'redis.sentinels',
    ],
    ['no Sentinel', { nodes: ['127.0.0.1:1'] }, {}, '127.0.0.1:1: ECONNREFUSED', 'redis.sentinels'],
    [
      'a wrong password of the Sentinels',
      { ...none, username: 'watcher', password: 'wrong' },
      {},
      'wrong password or user (WRONGPASS)',
      'redis.sentinels.passwordFile',
    ],
    [
      'a wrong password of Redis',
      {},
      { ...none, username: 'relay', password: 'wrong' },
      'refuses the login: wrong password or user (WRONGPASS)',
      'redis.passwordFile',
    ],
    [
      'an authority that signed none of the Sentinels',
      { tls: {} },
      {},
      'not trusted',
      'redis.sentinels',
    ],
  ])('%s', async (_, sentinels, redis, problem, fix) => {
    const address = await configured(sentinels, redis);
    const [finding] = await check(address);
    expect(finding).toMatchObject({ level: 'failure', subject: 'Redis' });
    expect(finding?.message).toContain(problem);
    expect(finding?.fix).toContain(fix);
    const connection = connectForCommands(address, () => {});
    try {
      const refusal = refuseUnsafeRedis(createStore(connection, '{x}'), () => {});
      const message = await refusal.then(
        () => '',
        (error: Error) => error.message,
      );
      expect(message).toContain(problem.replace(/^refuses the login: /, ''));
      expect(await pingFailure(connection)).not.toBeNull();
    } finally {
      connection.disconnect();
    }
  });

  test('a Sentinel that takes a replica for the primary', async () => {
    const { node, replica } = await secured.watched.mistake('mistaken');
    const address = await configured({ nodes: [node], name: 'mistaken' });
    const connection = connectForCommands(address, () => {});
    try {
      await eventually(async () => {
        expect(await pingFailure(connection)).toContain(`${replica} is a replica by now`);
      });
    } finally {
      connection.disconnect();
    }
  });

  test('one Sentinel of several that does not answer, and one that is not listed', async () => {
    const [first = '', second = ''] = secured.watched.nodes;
    const findings = await check(await configured({ nodes: [first, second, '127.0.0.1:1'] }));
    const warned = findings
      .filter(({ level }) => level === 'warning')
      .map(({ message }) => message);
    expect(warned).toContainEqual(expect.stringContaining('127.0.0.1:1 (ECONNREFUSED)'));
    const short = await check(await configured({ nodes: [first] }));
    expect(short.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('lists 1 of 3 Sentinels'),
    );
  });
});

/** What a person asks and does, while the load goes on. */
async function command({ fleet }: Scene): Promise<void> {
  const run = (name: string, ...args: string[]) =>
    commandHere(name, [...args, '--config', fleet.configuration]);
  // Where the answer of one that was carried out got lost, the next try finds that it is so already.
  const done = async (name: string, ...args: string[]): Promise<void> => {
    await eventually(async () => {
      const { code, err } = await run(name, ...args);
      if (code !== 0 && code !== 5) throw new Error(`${name} ends with ${code}: ${err}`);
    });
  };
  const [pixel = ''] = PIXELS;
  await done('lanes', 'pause', pixel);
  await eventually(async () => {
    const { out } = await run('lanes', 'list', '--pixel', pixel, '--json');
    expect(out).toContain('"paused"');
  });
  await done('dead-letters', 'summary');
  // It also says, by its exit code, whether a person must act, and a server may be slow to answer it.
  await eventually(async () => expect((await run('status', '--json')).out).toContain('"consumed"'));
  await done('lanes', 'resume', pixel);
}

test('a primary that dies under load costs no event, and only what no replica had comes again', async () => {
  expectHolds(await promoteUnderLoad(own('sentinels'), LOAD, secured, command));
});
