import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';
import { connectOnce } from '#store/connection.ts';
import { examineRedis, refuseUnsafeRedis } from '#store/health.ts';
import { createStore } from '#store/store.ts';

let folder = '';
let server: LocalServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-redis-'));
});

afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function examine(settings: Record<string, string>) {
  server = await startRedis({ folder, port: await freePort(), settings }, () => {});
  const redis = connectOnce(server.address);
  await redis.connect();
  const findings = await examineRedis(createStore(redis, '{health}'));
  const refusal = await refuseUnsafeRedis(createStore(redis, '{health}'), () => {}).then(
    () => null,
    (error: Error) => error.message,
  );
  redis.disconnect();
  return { findings, refusal };
}

describe('a Redis', () => {
  test('that may throw events away is refused, with the fix', async () => {
    const { refusal } = await examine({ 'maxmemory-policy': 'allkeys-lru' });
    expect(refusal).toContain('maxmemory-policy is "allkeys-lru"');
    expect(refusal).toContain('config set maxmemory-policy noeviction');
  });

  test('that forgets everything when it restarts is refused, with the fix', async () => {
    const { refusal } = await examine({ appendonly: 'no', save: '' });
    expect(refusal).toContain('config set appendonly yes');
  });

  test('that only takes snapshots is a warning', async () => {
    const { findings, refusal } = await examine({ appendonly: 'no', save: '60 1' });
    expect(findings.map(({ level }) => level)).toEqual(['warning']);
    expect(refusal).toBeNull();
  });

  test('that keeps what it takes is none', async () => {
    expect(await examine({})).toEqual({ findings: [], refusal: null });
  });
});
