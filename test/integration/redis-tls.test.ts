import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { checkRedis } from '#cli/check/check-redis.ts';
import { runCheck } from '#cli/check/finding.ts';
import type { RedisConfiguration } from '#config/configuration.ts';
import { loadConfiguration } from '#config/load.ts';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';
import {
  connectForCommands,
  connectForWorker,
  connectionError,
  connectOnce,
  type Redis,
} from '#store/connection.ts';
import { examineRedis, refuseUnsafeRedis } from '#store/health.ts';
import { createStore } from '#store/store.ts';
import {
  type Certificates,
  makeCertificates,
  PASSPHRASE,
  SERVER_NAME,
} from '#test/support/certificates.ts';
import { eventually } from '#test/support/deadline.ts';

const PATIENCE_MS = 60_000;
const SECRETS = ['first-password', 'second-password', 'wrong-password', PASSPHRASE];

let folder = '';
let certificates: Certificates;
let server: LocalServer;
let admin: Redis;
let tlsPort = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-redis-tls-'));
  certificates = await makeCertificates(folder);
  tlsPort = await freePort();
  const settings = {
    'tls-port': String(tlsPort),
    'tls-ca-cert-file': certificates.ca,
    'tls-cert-file': certificates.server.cert,
    'tls-key-file': certificates.server.key,
    'tls-auth-clients': 'yes',
  };
  server = await startRedis({ folder, port: await freePort(), settings }, () => {});
  admin = connectOnce(server.address);
  await admin.connect();
});

afterAll(async () => {
  admin.disconnect();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await useCertificate(certificates.server.cert);
  await setPassword('first-password');
  await writeFile(join(folder, 'passphrase'), `${PASSPHRASE}\n`);
});

/** The user may do everything but ask for settings, as where Redis is hosted. */
async function setPassword(password: string): Promise<void> {
  const rules = ['reset', 'on', `>${password}`, '~*', '&*', '+@all', '-config'];
  await admin.call('ACL', 'SETUSER', 'relay', ...rules);
  await writeFile(join(folder, 'password'), `${password}\n`);
}

async function useCertificate(file: string): Promise<void> {
  await admin.config('SET', 'tls-cert-file', file);
}

const TLS = { certFile: 'client.pem', keyFile: 'client.key', keyPassphraseFile: 'passphrase' };

/** As the configuration file says it; relative names start at its folder. */
async function configured(redis: object = {}, tls: object = {}): Promise<RedisConfiguration> {
  const file = join(folder, 'relay.json');
  const secured = {
    url: `rediss://127.0.0.1:${tlsPort}`,
    prefix: '{tls}',
    username: 'relay',
    passwordFile: 'password',
    tls: { ...TLS, caFile: 'ca.pem', serverName: SERVER_NAME, ...tls },
    ...redis,
  };
  const kafka = { brokers: ['127.0.0.1:1'], topics: ['t'] };
  const pixels = [{ pixelId: '101', accessToken: 'token' }];
  await writeFile(file, JSON.stringify({ kafka, redis: secured, sealing: 'off', pixels }));
  return (await loadConfiguration(file, {})).redis;
}

const check = async (redis: RedisConfiguration) => runCheck(checkRedis(redis, 3), PATIENCE_MS);

function expectNoSecret(said: unknown): void {
  for (const secret of SECRETS) expect(JSON.stringify(said)).not.toContain(secret);
}

test('certificate, ACL user and password file let check in, which names the node and what it could not ask', async () => {
  const findings = await check(await configured());
  expect(findings.map(({ level }) => level)).toEqual(['ok', 'ok', 'ok', 'ok']);
  const said = findings.map(({ message }) => message).join('\n');
  expect(said).toMatch(
    /primary of Redis \d.*; 0 replicas; append-only file; \d+ of \d+ connection/,
  );
  expect(said).toContain('not checked are save, min-replicas-to-write');
  expect(said).toContain('accepts a trial intake');
  expectNoSecret(findings);
});

test('a password that is replaced lets every connection back in, and so does a certificate', async () => {
  const logged: string[] = [];
  const note = (event: string, detail: string) => void logged.push(`${event} ${detail}`);
  const redis = await configured();
  const commands = connectForCommands(redis, note);
  const waiting = connectForWorker(redis, note);
  const copy = waiting.duplicate({ maxRetriesPerRequest: null });
  copy.on('error', () => {});
  const all = [commands, waiting, copy];
  try {
    for (const each of all) expect(await each.ping()).toBe('PONG');
    await setPassword('second-password');
    await admin.client('KILL', 'USER', 'relay');
    await eventually(async () => expect(await commands.ping()).toBe('PONG'));
    for (const each of all.slice(1)) expect(await each.ping()).toBe('PONG');
    expect(commands.options.password).toBe('second-password');
    await useCertificate(certificates.server.expired);
    await admin.client('KILL', 'USER', 'relay');
    await eventually(() => expect(connectionError(commands)).toContain('has expired'));
    await useCertificate(certificates.server.cert);
    await eventually(async () => expect(await commands.ping()).toBe('PONG'));
    expectNoSecret(logged);
  } finally {
    for (const each of all) each.disconnect();
  }
});

describe('what is wrong is said, with what to do', () => {
  const wrong = { passwordFile: undefined, password: 'wrong-password' };
  test.each<[string, object, object, string, string]>([
    ['another authority', {}, { caFile: 'stranger.pem' }, 'not trusted', 'redis.tls.caFile'],
    ['no authority', {}, { caFile: undefined }, 'not trusted', 'redis.tls.caFile'],
    ['another name', {}, { serverName: undefined }, 'another host name', 'redis.tls.serverName'],
    ['the wrong password', wrong, {}, 'wrong password or user (WRONGPASS)', 'redis.passwordFile'],
  ])('%s', async (_, more, tls, problem, fix) => {
    const redis = await configured(more, tls);
    const [finding] = await check(redis);
    expect(finding).toMatchObject({ level: 'failure', subject: 'Redis' });
    expect(finding?.message).toContain(problem);
    expect(finding?.fix).toContain(fix);
    const commands = connectForCommands(redis, () => {});
    const refusal = refuseUnsafeRedis(createStore(commands, '{tls}'), () => {});
    const message = await refusal.catch((error: Error) => error.message);
    commands.disconnect();
    expect(message).toContain(problem);
    expectNoSecret([finding, message]);
  });

  test('a port without TLS, TLS alone, no client certificate, and an expired certificate', async () => {
    const url = server.address.replace('redis://', 'rediss://');
    const waiting = check(await configured({ url }));
    const tls = { caFile: 'ca.pem', serverName: SERVER_NAME };
    const [unnamed] = await check(await configured({ tls }));
    expect(unnamed?.message).toContain('client certificate');
    expect(unnamed?.fix).toContain('redis.tls.certFile');
    const [only] = await check(
      await configured({ url: `redis://127.0.0.1:${tlsPort}`, tls: null }),
    );
    expect(only?.message).toContain('speaks only TLS');
    await useCertificate(certificates.server.expired);
    const [expired] = await check(await configured());
    expect(expired?.message).toContain('has expired (CERT_HAS_EXPIRED)');
    expect(expired?.fix).toContain('clock');
    const [plain] = await waiting;
    expect(plain?.message).toContain('does not answer in TLS');
  });
});

test('a node of a cluster is refused unless the braces of the prefix keep its keys together', async () => {
  const own = await mkdtemp(join(tmpdir(), 'capi-relay-redis-node-'));
  // Its own choice is among the ports that connections are given.
  const settings = { 'cluster-enabled': 'yes', 'cluster-port': String(await freePort()) };
  const node = await startRedis({ folder: own, port: await freePort(), settings }, () => {});
  const redis = connectOnce(node.address);
  try {
    await redis.connect();
    const dangers = await examineRedis(createStore(redis, 'relay'));
    expect(dangers).toEqual([
      {
        level: 'danger',
        problem: expect.stringContaining('"relay" has no braces'),
        fix: 'write it with braces, like {relay}',
      },
    ]);
    expect(await examineRedis(createStore(redis, '{relay}'))).toEqual([]);
  } finally {
    redis.disconnect();
    await node.stop();
    await rm(own, { recursive: true, force: true });
  }
});
