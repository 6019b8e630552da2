import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exposuresOf } from '#config/exposures.ts';
import { CERTIFICATE } from './certificate.ts';
import { ConfigurationFolder, MINIMAL, ref } from './configuration-folder.ts';

const PASSPHRASE = 'the-passphrase';

let folder: ConfigurationFolder;
beforeAll(async () => {
  folder = await ConfigurationFolder.make();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const form = { type: 'pkcs8', format: 'pem' } as const;
  const encryption = { cipher: 'aes-256-cbc', passphrase: PASSPHRASE };
  await folder.write('cert', CERTIFICATE);
  await folder.write('key', privateKey.export(form));
  await folder.write('locked', privateKey.export({ ...form, ...encryption }));
  await folder.write('text', 'not-pem');
  await folder.write('password', 'in-a-file\n');
});
afterAll(() => folder.remove());

const kafka = (extra: object) => ({ ...MINIMAL, kafka: { ...MINIMAL.kafka, ...extra } });
const redis = (extra: object) => ({
  ...MINIMAL,
  redis: { url: 'rediss://r.example:6380', ...extra },
});

test('a Redis is named by the files that secure it, which every connection reads', async () => {
  const tls = { caFile: 'cert', serverName: 'r.test' };
  const loaded = await folder.load(redis({ username: 'u', passwordFile: './password', tls }));
  expect(loaded.redis).toEqual({
    url: 'rediss://r.example:6380',
    prefix: '{capi-relay}',
    username: 'u',
    passwordFile: join(folder.path, 'password'),
    tls: { caFile: join(folder.path, 'cert'), serverName: 'r.test' },
  });
  expect(loaded.files).toEqual(
    expect.arrayContaining([join(folder.path, 'password'), join(folder.path, 'cert')]),
  );
});

const SENTINELS = { nodes: ['s-1:26379', 's-2:26379'], name: 'mymaster' };
const located = (extra: object) => ({ ...MINIMAL, redis: extra });

test('Sentinels have a login and files of their own', async () => {
  const sentinels = {
    ...SENTINELS,
    nodes: ref('SENTINELS'),
    username: 's',
    passwordFile: 'password',
    tls: { caFile: 'cert' },
  };
  const redis = { sentinels, username: 'u', password: 'p', tls: {} };
  const loaded = await folder.load(located(redis), { SENTINELS: 's-1:26379, s-2:26379' });
  expect(loaded.redis).toEqual({
    sentinels: {
      ...SENTINELS,
      username: 's',
      passwordFile: join(folder.path, 'password'),
      tls: { caFile: join(folder.path, 'cert') },
    },
    username: 'u',
    password: 'p',
    tls: {},
    prefix: '{capi-relay}',
  });
});

test('a cluster is found by some of its nodes', async () => {
  const cluster = { nodes: ['[::1]:7000', 'redis-2:7000'] };
  const loaded = await folder.load(located({ cluster, password: 'p' }));
  expect(loaded.redis).toEqual({ cluster, password: 'p', prefix: '{capi-relay}' });
  const fix = 'give redis.tls, if only as {}';
  const problem = 'the password is sent in plain text to redis-2';
  expect(exposuresOf(loaded)).toContainEqual({ subject: 'Redis', problem, fix });
});

describe('a schema registry', () => {
  const registry = (extra: object) => ({
    ...MINIMAL,
    schemaRegistry: { urls: ['https://r.example:8081/path'], ...extra },
  });

  test('is for all topics unless some are named, with its secrets read', async () => {
    const whole = { username: 'u', passwordFile: 'password', tls: { caFile: 'cert' } };
    expect((await folder.load(registry(whole))).schemaRegistry).toEqual({
      urls: ['https://r.example:8081/path'],
      topics: ['t'],
      timeoutMs: 5000,
      username: 'u',
      password: 'in-a-file',
      tls: { ca: CERTIFICATE },
    });
    expect((await folder.load(registry({ tokenFile: 'password' }))).schemaRegistry).toEqual({
      urls: ['https://r.example:8081/path'],
      topics: ['t'],
      timeoutMs: 5000,
      token: 'in-a-file',
    });
    expect((await folder.load(MINIMAL)).schemaRegistry).toBeNull();
  });

  test.each<[string, object, string, string]>([
    ['a password alone', { password: 'p' }, 'schemaRegistry.username', 'is missing'],
    [
      'two ways to log in',
      { username: 'u', token: 'x' },
      'schemaRegistry.token',
      'beside a username',
    ],
    ['a topic that is not read', { topics: ['t', 'u'] }, 'schemaRegistry.topics[1]', 'not among'],
    ['no URL', { urls: ['r:8081'] }, 'schemaRegistry.urls[0]', 'must be a URL'],
    ['a password in a URL', { urls: ['http://u:p@r'] }, 'schemaRegistry.urls[0]', 'more than an'],
    [
      'a file that is no certificate',
      { tls: { caFile: 'text' } },
      'schemaRegistry.tls.caFile',
      'without',
    ],
  ])('%s is refused', async (_, extra, path, message) => {
    const { problems } = await folder.refusal(registry(extra));
    expect(problems).toContainEqual(
      expect.objectContaining({ path, message: expect.stringContaining(message) }),
    );
  });
});

const bearer = {
  mechanism: 'oauthbearer',
  tokenUrl: 'https://id.example/token',
  clientId: 'c',
  clientSecretFile: 'password',
};

test('each mechanism has what it needs, with its secrets read', async () => {
  const loginOf = async (sasl: object) =>
    (await folder.load(kafka({ ssl: true, sasl }))).kafka.sasl;
  expect(await loginOf({ ...bearer, scope: 's', tokenCaFile: 'cert' })).toEqual({
    mechanism: 'oauthbearer',
    tokenUrl: 'https://id.example/token',
    clientId: 'c',
    clientSecret: 'in-a-file',
    clientAuthentication: 'header',
    extensions: {},
    scope: 's',
    ca: CERTIFICATE,
  });
  const iam = { mechanism: 'aws-msk-iam', region: 'us-gov-east-1' };
  expect(await loginOf(iam)).toEqual(iam);
});

describe('a problem has a path, a message and a fix', () => {
  test.each<[object, string, string, string]>([
    [redis({ sentinels: SENTINELS }), 'redis.sentinels', 'beside redis.url', 'REDIS_URL'],
    [redis({ cluster: { nodes: ['r:1'] } }), 'redis.cluster', 'beside redis.url', 'keep one'],
    [
      located({ cluster: { nodes: ['r:1'] }, sentinels: SENTINELS }),
      'redis.cluster',
      'beside redis.sentinels',
      'keep one',
    ],
    [located({}), 'redis.url', 'is missing', 'redis.sentinels or redis.cluster'],
    [
      located({ sentinels: { nodes: ['s:1'] } }),
      'redis.sentinels.name',
      'is missing',
      'watch the primary',
    ],
    [
      located({ sentinels: { ...SENTINELS, nodes: ['redis://s:1'] } }),
      'redis.sentinels.nodes[0]',
      'must be host:port',
      'redis-1:26379',
    ],
    [
      located({ sentinels: { ...SENTINELS, passwordFile: 'none' } }),
      'redis.sentinels.passwordFile',
      'does not exist',
      'can read',
    ],
    [
      located({ sentinels: { ...SENTINELS, tls: { caFile: 'text' } } }),
      'redis.sentinels.tls.caFile',
      'without a certificate',
      'PEM',
    ],
    [
      located({ cluster: { nodes: ['r:1'] }, prefix: 'relay' }),
      'redis.prefix',
      'has no braces',
      "'{relay}'",
    ],
    [located({ cluster: { nodes: [] } }), 'redis.cluster.nodes', 'is empty', 'at least 1'],
    [redis({ passwordFile: 'none' }), 'redis.passwordFile', 'does not exist', 'can read'],
    [redis({ password: 'a', passwordFile: 'password' }), 'redis.password', 'twice', 'keep'],
    [
      redis({ url: 'rediss://u:p@r', passwordFile: 'password' }),
      'redis.passwordFile',
      'redis.url holds one too',
      'keep one',
    ],
    [
      redis({ url: 'rediss://u:p@r', username: 'v' }),
      'redis.username',
      'redis.url holds one too',
      'keep one',
    ],
    [
      redis({ url: 'redis://r', tls: { caFile: 'cert' } }),
      'redis.tls',
      'the URL is without',
      'rediss://',
    ],
    [redis({ tls: { caFile: 'text' } }), 'redis.tls.caFile', 'without a certificate', 'PEM'],
    [redis({ tls: { certFile: 'cert' } }), 'redis.tls.certFile', 'needs the other half', 'keyFile'],
    [
      redis({ tls: { certFile: 'cert', keyFile: 'locked' } }),
      'redis.tls.keyFile',
      'needs a passphrase',
      'keyPassphrase',
    ],
    [
      redis({ tls: { certFile: 'cert', keyFile: 'locked', keyPassphrase: 'other' } }),
      'redis.tls.keyFile',
      'does not open with its passphrase',
      'keyPassphrase',
    ],
    [
      redis({ tls: { certFile: 'cert', keyFile: 'text' } }),
      'redis.tls.keyFile',
      'without a private key',
      'PEM',
    ],
    [
      redis({ tls: { certFile: 'cert', keyFile: 'key' } }),
      'redis.tls.keyFile',
      'is not the key of certFile',
      'made for',
    ],
    [
      kafka({ sasl: { mechanism: 'plain', password: 'p' } }),
      'kafka.sasl.username',
      'is missing',
      'plain needs it',
    ],
    [
      kafka({ sasl: { ...bearer, clientId: undefined } }),
      'kafka.sasl.clientId',
      'is missing',
      'oauthbearer needs it',
    ],
    [
      kafka({ sasl: { ...bearer, username: 'u' } }),
      'kafka.sasl.username',
      'is not for the mechanism oauthbearer',
      'remove it',
    ],
    [
      kafka({ sasl: { ...bearer, tokenUrl: 'http://id.example' } }),
      'kafka.sasl.tokenUrl',
      'in plain text to another machine',
      'https://',
    ],
    [
      kafka({ sasl: { mechanism: 'aws-msk-iam', region: 'eu-central-1' } }),
      'kafka.ssl',
      'aws-msk-iam needs TLS',
      'true',
    ],
    [kafka({ ssl: { keyFile: 'key' } }), 'kafka.ssl.keyFile', 'needs the other half', 'certFile'],
    [
      kafka({ ssl: { certFile: 'cert', keyFile: 'locked', keyPassphrase: PASSPHRASE } }),
      'kafka.ssl.keyFile',
      'is not the key of certFile',
      'made for',
    ],
  ])('%#', async (content, path, message, fix) => {
    const refusal = await folder.refusal(content);
    expect(refusal.problems).toEqual([
      {
        path,
        message: expect.stringContaining(message),
        fix: expect.stringContaining(fix),
        line: expect.anything(),
      },
    ]);
    expect(refusal.message).not.toContain(PASSPHRASE);
  });
});
