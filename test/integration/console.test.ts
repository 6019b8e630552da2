import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import { TestConsole } from '#test/support/console.ts';
import { eventually } from '#test/support/deadline.ts';

jest.setTimeout(60_000);

const BROKERS = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const REDIS_URL = process.env['TEST_REDIS_URL'] ?? '';
const WITHIN = { withinMs: 20_000 };

const basic = (user: string) => ({
  authorization: `Basic ${Buffer.from(user).toString('base64')}`,
});

describe('a console with users', () => {
  let console: TestConsole;
  beforeAll(async () => {
    console = await TestConsole.start({
      brokers: BROKERS,
      redisUrl: REDIS_URL,
      console: {
        host: '0.0.0.0',
        users: [
          { name: 'ada', password: 'adas', role: 'operator' },
          { name: 'bob', password: 'bobs' },
        ],
      },
    });
  });
  afterAll(() => console.stop());

  test.each([
    ['nobody', {}, 401],
    ['a wrong password', basic('ada:bobs'), 401],
    ['a user', basic('bob:bobs'), 200],
    ['a bearer token', { authorization: 'Bearer adas' }, 200],
  ])('%s', async (_, headers, status) => {
    const answer = await console.ask('/', { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers.has('www-authenticate')).toBe(status === 401);
    expect(answer.text.includes('Where every event is')).toBe(status === 200);
  });

  test('keeps what it shows to itself', async () => {
    const { headers } = await console.ask('/', { headers: basic('bob:bobs') });
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('set-cookie')).toContain('SameSite=Strict');
  });

  test('serves its health and its metrics to who has no password', async () => {
    expect((await console.ask('/livez')).status).toBe(200);
    expect((await console.ask('/readyz')).status).toBe(200);
    const { text } = await console.ask('/metrics');
    expect(text).toContain('capi_process_state{state="running"} 1');
    expect(text).toContain('capi_console_requests_total{code="4xx"} 2');
    expect(text).not.toContain('console-token');
  });

  test('says what it does not have', async () => {
    const { status, text } = await console.ask('/<script>', { headers: basic('bob:bobs') });
    expect(status).toBe(404);
    expect(text).toContain('There is no page');
    expect(text).not.toContain('<script>There');
  });

  test('an address that tries many passwords has to wait', async () => {
    for (let n = 0; n < 10; n += 1) await console.ask('/', { headers: basic(`ada:${n}`) });
    const { status, headers } = await console.ask('/', { headers: basic('ada:adas') });
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

test('without Redis the page says so, and shows what was asked for when it is back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-redis-'));
  const redis = await startRedis({ folder, port: await freePort() }, () => {});
  const console = await TestConsole.start({ brokers: BROKERS, redisUrl: redis.address });
  const overview = () => console.ask('/');
  try {
    await eventually(async () => expect((await overview()).status).toBe(200), WITHIN);
    await redis.stop();
    await eventually(async () => expect((await overview()).status).toBe(503), WITHIN);
    const { text } = await overview();
    expect(text).toContain('Redis does not answer');
    expect(text).not.toMatch(/\.ts:\d/);
    expect((await console.ask('/livez')).status).toBe(200);
    expect((await console.ask('/readyz')).status).toBe(503);
    await redis.start();
    await eventually(async () => expect((await overview()).status).toBe(200), WITHIN);
    expect((await overview()).text).toContain('Last error');
  } finally {
    await console.stop();
    await redis.stop();
    await rm(folder, { recursive: true });
  }
});
