import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { checkKafka } from '#cli/check/check-kafka.ts';
import { type Finding, runCheck } from '#cli/check/finding.ts';
import { loadConfiguration } from '#config/load.ts';
import { createKafka } from '#kafka/client.ts';
import { ensureTopics } from '#kafka/topics.ts';
import { startKafka } from '#local/kafka.ts';
import { randomId } from '#local/kafka-folder.ts';
import { freePort } from '#local/ports.ts';
import type { LocalServer } from '#local/server.ts';
import { makeCertificates, PASSPHRASE, SERVER_NAME } from '#test/support/certificates.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';
import { setScramPassword } from '#test/support/scram-users.ts';
import { CLIENT, SCOPE, startTokenServer, type TokenServer } from '#test/support/token-server.ts';
import { createTraffic } from '#test/support/traffic.ts';

const PATIENCE_MS = 240_000;
/** The topic of groups is made when the first one is asked for. */
const RETRIES = 10;
const PASSWORD = 'password-of-the-user';
const WRONG = 'not-the-password';
const TOPIC = 'secured';

let folder = '';
let server: LocalServer;
let tokens: TokenServer;
const ports = { clear: 0, controller: 0, login: 0, scram: 0, mutual: 0, expired: 0 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-kafka-security-'));
  const { ca, server: own } = await makeCertificates(folder);
  for (const name of Object.keys(ports)) ports[name as keyof typeof ports] = await freePort();
  tokens = await startTokenServer(own);
  const key = await readFile(own.key, 'utf8');
  const store = async (name: string, certificate: string) => {
    const file = join(folder, `${name}.store.pem`);
    await writeFile(file, key + (await readFile(certificate, 'utf8')));
    return { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': file };
  };
  const valid = await store('valid', own.cert);
  const expired = await store('expired', own.expired);
  const trust = { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': ca };
  const properties = {
    ...listeners(),
    ...listener('login', { ...valid, ...LOGINS }),
    ...listener('scram', { ...valid, ...SCRAM_ALONE }),
    ...listener('mutual', { ...valid, ...trust, 'ssl.client.auth': 'required' }),
    ...listener('expired', expired),
  };
  const node = { id: 1, clusterId: randomId(), controllers: [ports.controller] };
  server = await startKafka({ folder, port: ports.clear, node, properties, heapMb: 256 }, () => {});
  const clear = { brokers: [server.address], clientId: 'test', ssl: false, sasl: null };
  await ensureTopics(createKafka(clear), [TOPIC], 1);
  await setScramPassword(server.address, 'relay', PASSWORD);
});

afterAll(async () => {
  tokens.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => {
  Object.assign(tokens, { lifetimeSeconds: 3600, behindSeconds: 0, status: null });
});

function listeners(): Record<string, string> {
  const named = { PLAINTEXT: ports.clear, LOGIN: ports.login, SCRAM: ports.scram };
  const own = { ...named, MUTUAL: ports.mutual, EXPIRED: ports.expired };
  const at = Object.entries(own).map(([name, port]) => `${name}://127.0.0.1:${port}`);
  return {
    listeners: [...at, `CONTROLLER://127.0.0.1:${ports.controller}`].join(),
    'advertised.listeners': at.join(),
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_SSL,SCRAM:SASL_SSL,MUTUAL:SSL,EXPIRED:SSL',
  };
}

function listener(name: string, settings: Record<string, string>): Record<string, string> {
  const own = Object.entries(settings).map(([key, value]) => [
    `listener.name.${name}.${key}`,
    value,
  ]);
  return Object.fromEntries(own) as Record<string, string>;
}

const MODULES = 'org.apache.kafka.common.security';
const SCRAM_MODULE = `${MODULES}.scram.ScramLoginModule required;`;
const LOGINS = {
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512,OAUTHBEARER',
  'plain.sasl.jaas.config': `${MODULES}.plain.PlainLoginModule required user_relay="${PASSWORD}";`,
  'scram-sha-512.sasl.jaas.config': SCRAM_MODULE,
  'oauthbearer.sasl.jaas.config': `${MODULES}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  // A connection lives no longer than the token that it was made with.
  'oauthbearer.connections.max.reauth.ms': '3600000',
};
const SCRAM_ALONE = {
  'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
  'scram-sha-256.sasl.jaas.config': SCRAM_MODULE,
};

const TLS = { caFile: 'ca.pem', serverName: SERVER_NAME };
const CERTIFIED = {
  ...TLS,
  certFile: 'client.pem',
  keyFile: 'client.key',
  keyPassphrase: PASSPHRASE,
};
const user = (mechanism: string, password = PASSWORD) => ({
  mechanism,
  username: 'relay',
  password,
});
const client = (more: object = {}) => ({
  mechanism: 'oauthbearer',
  tokenUrl: tokens.url,
  tokenCaFile: 'ca.pem',
  scope: SCOPE,
  ...CLIENT,
  ...more,
});

interface Way {
  readonly to: keyof typeof ports;
  readonly ssl?: unknown;
  readonly sasl?: unknown;
}

async function configured({ to, ssl = TLS, sasl = null }: Way, retries = 0) {
  const file = join(folder, 'relay.json');
  const kafka = { brokers: [`127.0.0.1:${ports[to]}`], topics: [TOPIC], ssl, sasl };
  const redis = { url: 'redis://127.0.0.1:1' };
  const pixels = [{ pixelId: '101', accessToken: 'token' }];
  await writeFile(file, JSON.stringify({ kafka, redis, sealing: 'off', pixels }));
  return { ...(await loadConfiguration(file, {})).kafka, retries };
}

async function check(way: Way, retries = 0): Promise<readonly Finding[]> {
  const options = await configured(way, retries);
  const findings = await runCheck(checkKafka(options, null, true), PATIENCE_MS);
  const said = JSON.stringify(findings);
  const secrets = [PASSWORD, WRONG, PASSPHRASE, CLIENT.clientSecret, 'hidden', 'eyJ'];
  for (const secret of secrets) expect(said).not.toContain(secret);
  return findings;
}

describe('check finds the topic', () => {
  test.each<[string, () => Way]>([
    ['with SASL PLAIN over TLS', () => ({ to: 'login', sasl: user('plain') })],
    ['with SCRAM-SHA-512 over TLS', () => ({ to: 'login', sasl: user('scram-sha-512') })],
    ['with SCRAM-SHA-256 over TLS', () => ({ to: 'scram', sasl: user('scram-sha-256') })],
    ['with a client certificate whose key is encrypted', () => ({ to: 'mutual', ssl: CERTIFIED })],
    ['with a token', () => ({ to: 'login', sasl: client() })],
    [
      'with a token for credentials in the body, and extensions',
      () => ({
        to: 'login',
        sasl: client({ clientAuthentication: 'body', extensions: { logicalCluster: 'lkc-1' } }),
      }),
    ],
  ])('%s', async (_, way) => {
    const findings = await check(way(), RETRIES);
    expect(findings).toContainEqual(
      expect.objectContaining({ level: 'ok', message: `topic ${TOPIC} exists` }),
    );
    expect(findings.every(({ level }) => level === 'ok')).toBe(true);
  });
});

describe('what is wrong is said, with what to do', () => {
  test.each<[string, () => Way, string, string]>([
    [
      'another authority',
      () => ({ to: 'mutual', ssl: { ...CERTIFIED, caFile: 'stranger.pem' } }),
      'not trusted',
      'kafka.ssl.caFile',
    ],
    [
      'another name',
      () => ({ to: 'mutual', ssl: { ...CERTIFIED, serverName: 'x.test' } }),
      'another host name',
      'kafka.ssl.serverName',
    ],
    ['an expired certificate', () => ({ to: 'expired' }), 'has expired', 'clock'],
    ['no client certificate', () => ({ to: 'mutual' }), 'client certificate', 'kafka.ssl.certFile'],
    ['TLS where there is none', () => ({ to: 'clear' }), 'instead of speaking TLS', 'kafka.ssl'],
    [
      'no TLS where there is some',
      () => ({ to: 'mutual', ssl: false }),
      'closes the connection',
      'kafka.ssl',
    ],
    [
      'no login where one is wanted',
      () => ({ to: 'login' }),
      'closes the connection',
      'kafka.sasl',
    ],
    [
      'a wrong password',
      () => ({ to: 'login', sasl: user('plain', WRONG) }),
      'wrong user name or password',
      'kafka.sasl.username',
    ],
    [
      'a wrong password for SCRAM',
      () => ({ to: 'login', sasl: user('scram-sha-512', WRONG) }),
      'wrong user name or password',
      'kafka.sasl.username',
    ],
    [
      'another mechanism',
      () => ({ to: 'scram', sasl: user('plain') }),
      'does not offer the mechanism',
      'kafka.sasl.mechanism',
    ],
    [
      'a wrong secret',
      () => ({ to: 'login', sasl: client({ clientSecret: WRONG }) }),
      'invalid_client',
      'kafka.sasl.clientId',
    ],
    [
      'a wrong scope',
      () => ({ to: 'login', sasl: client({ scope: 'other' }) }),
      'invalid_scope',
      'kafka.sasl.scope',
    ],
    [
      'an endpoint that is down',
      () => ({ to: 'login', sasl: client({ tokenUrl: 'https://localhost:1/token' }) }),
      'ECONNREFUSED',
      'kafka.sasl.tokenUrl',
    ],
    [
      'an endpoint of another authority',
      () => ({ to: 'login', sasl: client({ tokenCaFile: 'stranger.pem' }) }),
      'not trusted',
      'kafka.sasl.tokenCaFile',
    ],
  ])('%s', async (_, way, problem, fix) => {
    const [finding] = await check(way());
    expect(finding?.message).toContain(problem);
    expect(finding?.fix).toContain(fix);
    expect(finding).toMatchObject({ level: 'failure', subject: 'Kafka' });
  });

  test('an endpoint that fails, and a clock that is wrong', async () => {
    tokens.status = 503;
    const [failing] = await check({ to: 'login', sasl: client() });
    expect(failing?.message).toContain('answers with HTTP 503');
    tokens.status = 400;
    const [odd] = await check({ to: 'login', sasl: client() });
    expect(odd?.message).toContain('gives no token (HTTP 400)');
    Object.assign(tokens, { status: null, behindSeconds: 7200 });
    const [late] = await check({ to: 'login', sasl: client() });
    expect(late?.message).toContain('does not accept the token (invalid_token)');
    expect(late?.message).toMatch(/clock of this machine is \d+ s ahead of that of the token end/);
    expect(late?.fix).toContain('kafka.sasl.scope');
  });
});

test('a connection outlives its token, which is replaced ahead of its expiry', async () => {
  // kafkajs logs in again ten seconds before a token expires.
  tokens.lifetimeSeconds = 14;
  const admin = createKafka(await configured({ to: 'login', sasl: client() })).admin();
  const before = tokens.issued;
  try {
    await admin.connect();
    while (tokens.issued < before + 3) {
      expect(await admin.listTopics()).toContain(TOPIC);
      await sleep(500);
    }
  } finally {
    await admin.disconnect();
  }
});

test('ingest joins its group and takes every message over TLS and SCRAM', async () => {
  const fleet = await Fleet.prepare({
    brokers: [server.address],
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    withSandbox: false,
    kafka: {
      brokers: [`127.0.0.1:${ports.scram}`],
      ssl: { caFile: join(folder, 'ca.pem'), serverName: SERVER_NAME },
      sasl: user('scram-sha-256'),
    },
  });
  try {
    const { messages } = createTraffic('secured', 60);
    await fleet.send(messages);
    const ingest = await fleet.start('ingest');
    await eventually(async () => {
      const rows = [...(await fleet.ledgers()).values()];
      expect(rows.reduce((sum, { consumed }) => sum + consumed, 0)).toBe(messages.length);
    });
    expect(ingest.log()).not.toContain(PASSWORD);
  } finally {
    expect(await fleet.stop()).toEqual([0]);
  }
});
