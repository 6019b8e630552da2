import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkRedis } from '#cli/check/check-redis.ts';
import { runCheck } from '#cli/check/finding.ts';
import { createRedisSources } from '#cli/status/redis-sources.ts';
import { loadConfiguration } from '#config/load.ts';
import { watchRedis } from '#control/dependencies.ts';
import { redisDownPage } from '#control/layout.ts';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';
import { connectForCommands, connectOnce } from '#store/connection.ts';
import { examineRedis, pingFailure, refuseUnsafeRedis } from '#store/health.ts';
import { createStore } from '#store/store.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';

const PATIENCE_MS = 60_000;

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

/** What a command about dead letters says. */
async function summaryOf(file: string): Promise<string> {
  return (await commandHere('dead-letters', ['summary', '--config', file])).err;
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

  test.each([
    [':a-secret@', 'wrong password or user (WRONGPASS)'],
    ['', 'wrong password, as none is given (NOAUTH)'],
  ])('that refuses the login says so wherever it is asked: redis://%s', async (login, words) => {
    server = await startRedis({ folder, port: await freePort() }, () => {});
    const admin = connectOnce(server.address);
    await admin.connect();
    const url = server.address.replace('redis://', `redis://${login}`);
    const file = join(folder, 'relay.json');
    const pixels = [{ pixelId: '101', accessToken: 'token' }];
    const sections = { redis: { url, prefix: '{health}' }, sealing: 'off', pixels };
    const kafka = { brokers: ['127.0.0.1:1'], topics: ['t'], groupId: 'g' };
    await writeFile(file, JSON.stringify({ kafka, ...sections }));
    const configuration = await loadConfiguration(file, {});
    await admin.config('SET', 'requirepass', 'the-password');
    const logged: string[] = [];
    const commands = connectForCommands(url, (_, detail) => logged.push(detail));
    const control = watchRedis(url, () => {});
    const sources = createRedisSources(configuration, PATIENCE_MS);
    try {
      const message = (error: Error) => error.message;
      const said = [
        await refuseUnsafeRedis(createStore(commands, '{health}'), () => {}).catch(message),
        await pingFailure(commands),
        await sources.flow(),
        await runCheck(checkRedis(configuration.redis, 1), PATIENCE_MS),
        await summaryOf(file),
      ];
      for (const each of said) expect(JSON.stringify(each)).toContain(words);
      await eventually(async () =>
        expect(redisDownPage(control.read()).body.text).toContain(words),
      );
      await eventually(async () => expect(logged).toContain(words));
      expect(JSON.stringify([said, logged])).not.toContain('a-secret');
    } finally {
      control.close();
      sources.close();
      for (const each of [admin, commands]) each.disconnect();
    }
  });

  test('that keeps what it takes is none', async () => {
    expect(await examine({})).toEqual({ findings: [], refusal: null });
  });
});
