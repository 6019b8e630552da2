import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NEWEST_GRAPH_VERSION } from '#core/outcome/graph-versions.ts';
import { relayCommand } from '#local/relay-process.ts';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS, TOKEN } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';
import { createTraffic } from '#test/support/traffic.ts';

const MESSAGES = 600;
/** Each look may start a process. */
const SELDOM = { everyMs: 500 };
const [SICK = ''] = PIXELS;

let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sandboxArgs: ['--pixels', PIXELS.map((pixel) => `${pixel}:${TOKEN}`).join()],
  });
});

afterAll(async () => {
  await fleet.stop();
});

function status(args: readonly string[]) {
  const all = ['--config', fleet.configuration, ...args];
  return commandHere('status', all, { env: bareEnvironment() });
}

/** In a process of its own, which ends although connections are still tried. */
function statusAlone(settings: Record<string, string>) {
  const { command, args } = relayCommand('cli/status/main.ts');
  const all = [...args, '--config', fleet.configuration];
  return commandAlone(command, all, { env: bareEnvironment(settings) });
}

describe('capi-relay status', () => {
  test('counts what waits in Kafka, and says that no ingest reads', async () => {
    await fleet.send(createTraffic('status', MESSAGES, 0).messages);
    const { code, out } = await status(['--watch', '--timeout', '240']);
    expect(out).toContain('Act now: no ingest reads from Kafka.');
    expect(out).toContain(`lag ${MESSAGES} messages; 0 ingests read`);
    expect(out).not.toContain('\x1b');
    expect(code).toBe(1);
  });

  test('says that all is well when everything was delivered', async () => {
    await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
    await settled(fleet, MESSAGES);
    await eventually(async () => {
      const { code, out } = await status(['--json']);
      expect(JSON.parse(out)).toMatchObject({
        graphApi: { version: NEWEST_GRAPH_VERSION, endsAt: expect.any(Number), canary: null },
      });
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({
        act: 'no',
        demands: [],
        kafka: { ok: true, value: { members: 1, lag: { [fleet.topic]: 0 } } },
        flow: { ok: true },
        rates: { delivered: 0 },
        deadLetters: { ok: true, value: { held: 0 } },
        replayable: { ok: true, value: { assessed: 0, replayable: 0, partial: false } },
        replays: { ok: true, value: [] },
      });
    }, SELDOM);
  });

  test('names the pixel whose token has died', async () => {
    await fleet.tell('tokens', { pixel: SICK, expired: [TOKEN] });
    await fleet.send(createTraffic('status-sick', MESSAGES, 0).messages);
    await eventually(async () => {
      const { code, out } = await status([]);
      expect(out).toMatch(new RegExp(`^Act now: pixel ${SICK} is blocked`));
      expect(out).toContain(`Next: capi-relay check --config ${fleet.configuration}\n`);
      expect(out).toMatch(new RegExp(`^${SICK} +blocked`, 'm'));
      expect(code).toBe(1);
    }, SELDOM);
  });

  test('shows the one where the other is gone, and no password', async () => {
    // Each source has seconds to answer, and a busy machine may need another try.
    await eventually(async () => {
      const [noRedis, noKafka] = await Promise.all([
        statusAlone({ REDIS_URL: 'redis://:a-secret@127.0.0.1:1' }),
        statusAlone({ KAFKA_BROKERS: '127.0.0.1:1' }),
      ]);
      expect(noRedis.out).toContain('Redis         no answer within 2 s (ECONNREFUSED)');
      expect(noRedis.out).toContain('1 ingest reads');
      expect(noRedis.out).not.toContain('a-secret');
      expect(noKafka.out).toMatch(/^Kafka {9}no answer within 4 s \(connect ECONNREFUSED/m);
      expect(noKafka.out).toMatch(new RegExp(`^${SICK} +blocked`, 'm'));
      expect([noRedis.code, noKafka.code]).toEqual([1, 1]);
    }, SELDOM);
  });

  test('shows what Kafka says where Redis hangs', async () => {
    const proxy = await TcpProxy.to(Number(new URL(process.env['TEST_REDIS_URL'] ?? '').port));
    proxy.blackHole('answers', true);
    const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
    await eventually(async () => {
      const { out } = await statusAlone(env);
      expect(out).toContain('Redis         no answer within 2 s');
      expect(out).toContain('1 ingest reads');
    }, SELDOM).finally(() => proxy.close());
  });
});
