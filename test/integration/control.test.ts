import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashPassword } from '#config/password-hash.ts';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import { connectOnce } from '#store/connection.ts';
import { TestControl } from '#test/support/control.ts';
import { eventually } from '#test/support/deadline.ts';

const BROKERS = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const REDIS_URL = process.env['TEST_REDIS_URL'] ?? '';

const basic = (user: string) => ({
  authorization: `Basic ${Buffer.from(user).toString('base64')}`,
});

describe('control with users', () => {
  let control: TestControl;
  beforeAll(async () => {
    control = await TestControl.start({
      brokers: BROKERS,
      redisUrl: REDIS_URL,
      control: {
        host: '0.0.0.0',
        behindTlsProxy: true,
        users: [
          { name: 'ada', password: 'password-of-ada', role: 'operator' },
          { name: 'bob', password: 'password-of-bob' },
          { name: 'cyd', password: await hashPassword('password-of-cyd') },
        ],
      },
    });
  });
  afterAll(() => control.stop());

  test.each([
    ['nobody', {}, 401],
    ['a wrong password', basic('ada:password-of-bob'), 401],
    ['a user', basic('bob:password-of-bob'), 200],
    ['a user whose password is hashed', basic('cyd:password-of-cyd'), 200],
    ['a bearer token', { authorization: 'Bearer password-of-ada' }, 200],
  ])('%s', async (_, headers, status) => {
    const answer = await control.ask('/', { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers.has('www-authenticate')).toBe(status === 401);
    expect(answer.text.includes('Where every event is')).toBe(status === 200);
  });

  test('keeps what it shows to itself', async () => {
    const { headers } = await control.ask('/', { headers: basic('bob:password-of-bob') });
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('set-cookie')).toContain('SameSite=Strict');
  });

  test('serves its health without a password, and its metrics to users alone', async () => {
    expect((await control.ask('/livez')).status).toBe(200);
    expect((await control.ask('/readyz')).status).toBe(200);
    const refused = await control.ask('/metrics');
    expect(refused.status).toBe(401);
    expect(refused.text).not.toContain('capi_');
    const { text } = await control.ask('/metrics', { headers: basic('bob:password-of-bob') });
    expect(text).toContain('capi_process_state{state="running"} 1');
    expect(text).toContain('capi_control_requests_total{code="4xx"} 2');
    expect(text).not.toContain('control-token');
  });

  test('says what it does not have', async () => {
    const { status, text } = await control.ask('/<script>', {
      headers: basic('bob:password-of-bob'),
    });
    expect(status).toBe(404);
    expect(text).toContain('There is no page');
    expect(text).not.toContain('<script>There');
  });

  test('who tries many passwords of one user has to wait, and other users need not', async () => {
    // The wait is a second at first: on a busy machine it may be over before the next question.
    await eventually(async () => {
      for (let n = 0; n < 10; n += 1) await control.ask('/', { headers: basic(`ada:${n}`) });
      const right = basic('ada:password-of-ada');
      const { status, headers } = await control.ask('/', { headers: right });
      expect(status).toBe(429);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    });
    expect((await control.ask('/', { headers: basic('bob:password-of-bob') })).status).toBe(200);
    expect((await control.ask('/', { headers: basic('cyd:password-of-cyd') })).status).toBe(200);
  });
});

describe('control for everybody on this machine', () => {
  let control: TestControl;
  beforeAll(async () => {
    control = await TestControl.start({ brokers: BROKERS, redisUrl: REDIS_URL });
  });
  afterAll(() => control.stop());

  test('shows the lane of each pixel, and who runs', async () => {
    const lanes = await control.ask('/lanes?find=20');
    for (const pixel of ['201', '202', '203']) expect(lanes.text).toContain(`/lanes/${pixel}"`);
    expect((await control.ask('/lanes?find=__proto__')).text).toContain('No lane matches.');
    expect((await control.ask('/lanes/201')).text).toContain('The lane is active');
    await eventually(async () => {
      const { text } = await control.ask('/?range=24h');
      expect(text).toMatch(/<th scope="row">control<\/th><td data-label="Version">[\w.-]+</);
      // The first sample is taken when Redis has let control in.
      expect(text).toMatch(/as of <time/);
    });
  });

  test.each([
    ['/lanes/201/pause', 'PUT'],
    ['/lanes/201/pause', 'POST'],
    ['/replays', 'POST'],
    ['/', 'DELETE'],
  ])('changes nothing: %s %s', async (path, method) => {
    const answer = await fetch(control.process.url + path, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });

  test.each(['/assets/../../package.json', '/assets/%2e%2e/control.ts', '/assets/x', '/queues'])(
    'has no file %s',
    async (path) => {
      expect((await control.ask(path)).status).toBe(404);
    },
  );

  test('answers to no name but those of this machine', async () => {
    const { port } = new URL(control.process.url);
    const status = await new Promise((resolve) => {
      get({ port, headers: { host: 'rebound.example' } }, (answer) => resolve(answer.statusCode));
    });
    expect(status).toBe(403);
  });
});

test('it is ready without Kafka, which it logs and counts, and not without a right that it needs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-rights-'));
  const redis = await startRedis({ folder, port: await freePort() }, () => {});
  const admin = connectOnce(redis.address);
  const allow = (...rights: string[]) =>
    admin.call('ACL', 'SETUSER', 'relay', 'on', '>relay-password', '~*', '&*', ...rights);
  await allow('+@all');
  const control = await TestControl.start({
    brokers: [`127.0.0.1:${await freePort()}`],
    redisUrl: redis.address.replace('redis://', 'redis://relay:relay-password@'),
  });
  const readiness = () => control.ask('/readyz?verbose');
  const refused = /capi_kafka_failures_total\{operation="overview",fault="unreachable"\} [1-9]/;
  try {
    await eventually(async () => {
      expect((await control.ask('/metrics')).text).toMatch(refused);
      expect(control.process.log()).toContain('Kafka does not answer: trying again');
    });
    await eventually(async () => expect((await readiness()).status).toBe(200));
    await allow('-zrevrange');
    await eventually(async () => {
      const { status, text } = await readiness();
      expect(status).toBe(503);
      expect(text).toContain('ACL SETUSER relay +zrevrange');
    });
    await allow('-mget');
    const page = await control.ask('/quality');
    expect(page.status).toBe(503);
    expect(page.text).toContain('lacks MGET, ZREVRANGE');
    expect(page.text).toContain('ACL SETUSER relay +mget +zrevrange');
    expect(page.text).not.toContain('relay-password');
    await allow('+@all');
    await eventually(async () => expect((await readiness()).status).toBe(200));
  } finally {
    await control.stop();
    admin.disconnect();
    await redis.stop();
    await rm(folder, { recursive: true });
  }
});

test('without Redis the page says so, and shows what was asked for when it is back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-redis-'));
  const redis = await startRedis({ folder, port: await freePort() }, () => {});
  const brokers = [`127.0.0.1:${await freePort()}`];
  const control = await TestControl.start({ brokers, redisUrl: redis.address });
  const overview = () => control.ask('/');
  try {
    await eventually(async () => expect((await overview()).status).toBe(200));
    await redis.stop();
    await eventually(async () => expect((await overview()).status).toBe(503));
    const { text } = await overview();
    expect(text).toContain('Redis does not answer');
    expect(text).not.toMatch(/\.ts:\d/);
    expect((await control.ask('/livez')).status).toBe(200);
    expect((await control.ask('/readyz')).status).toBe(503);
    await redis.start();
    await eventually(async () => expect((await overview()).status).toBe(200));
    expect((await overview()).text).toContain('Last error');
    // Nothing listens at the brokers' address either.
    const trouble = async () =>
      expect((await overview()).text).toContain('Kafka does not answer: no new events come in.');
    await eventually(trouble);
  } finally {
    await control.stop();
    await redis.stop();
    await rm(folder, { recursive: true });
  }
});
