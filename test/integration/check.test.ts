import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { relayCommand } from '#local/relay-process.ts';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { type CommandResult, commandHere } from '#test/support/command-here.ts';
import { Fleet, PIXELS, SOURCES } from '#test/support/fleet.ts';
import { trackEvent } from '#test/support/track-event.ts';

/** A busy machine takes its time. */
const PATIENTLY = ['--timeout', '240'];

let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sandboxArgs: ['--pixels', PIXELS.map((pixel) => `${pixel}:fleet-token`).join()],
    // More than half of what events may use of a gibibyte.
    sections: { receipts: { enabled: true, maxBytes: 600_000_000 } },
  });
});

afterAll(async () => {
  await fleet.stop();
});

function check(args: readonly string[]): Promise<CommandResult> {
  return commandHere('check', args, { env: bareEnvironment() });
}

/** In a process of its own, which ends although connections are still tried. */
function checkAlone(
  args: readonly string[],
  settings: Record<string, string>,
): Promise<CommandResult> {
  const { command, args: own } = relayCommand('cli/check/main.ts');
  return commandAlone(command, [...own, ...args], { env: bareEnvironment(settings) });
}

describe('capi-relay check', () => {
  test('says that all is well', async () => {
    const { code, out } = await check(['--config', fleet.configuration, ...PATIENTLY]);
    expect(code).toBe(0);
    expect(out).toContain(`topic ${fleet.topic} exists`);
    expect(out).toContain(`pixel ${PIXELS[2]}  exists, and accepts its token`);
    expect(out).toContain('may take 573 MiB, and ingest pauses when 717 MiB of 1024 MiB are used');
    expect(out).toContain(`topic ${fleet.topic} holds no message yet: nothing to sample`);
    expect(out).toContain('Ready, with 1 warning.');
  });

  test('says what would become of the newest messages, and names none of what is in them', async () => {
    const timestamp = new Date().toISOString();
    const event = (more: object) => {
      const whole = trackEvent({ timestamp, context: { source: SOURCES[0] }, ...more });
      return { key: 'one partition', value: JSON.stringify(whole) };
    };
    const broken = { key: 'one partition', value: '{"email":"jane@example.com"' };
    const unrouted = event({ context: { source: 'another shop' } });
    await fleet.send([broken, broken, ...Array.from({ length: 4 }, () => event({})), unrouted]);
    const sampled = (...args: string[]) =>
      check(['--config', fleet.configuration, ...PATIENTLY, ...args]);
    const [whole, newest, none] = [
      await sampled(),
      await sampled('--sample', '1'),
      await sampled('--sample', '0'),
    ];
    expect([whole.code, newest.code, none.code]).toEqual([0, 0, 0]);
    expect(whole.out).toMatch(
      /ok +messages +of the last 7 messages: 4 deliver, 1 matches no pixel \(no_pixel\), 2 would be dead letters \(invalid_event 2\); for example invalid_event at \S+\/\d offset 1, no_pixel at \S+\/\d offset 6\n/,
    );
    expect(newest.out).toMatch(
      /warn {2}messages +of the last message: 0 deliver, 1 matches no pixel/,
    );
    expect(newest.out).toContain('Compare the event with events.where');
    expect(none.out).not.toMatch(/ messages |of the last/);
    expect(whole.out + whole.err + newest.out).not.toContain('jane@example.com');
  });

  test('cannot tell of a token that may send events and read nothing, and sends one on request', async () => {
    const [pixel = ''] = PIXELS;
    await fleet.tell('tokens', { pixel, sendOnly: ['fleet-token'] });
    const asked = await check(['--config', fleet.configuration]);
    expect([asked.code, asked.err]).toEqual([0, '']);
    expect(asked.out).toMatch(/warn {2}pixel \S+ +cannot tell whether it accepts its token/);
    expect(asked.out).toContain(`check --test-event ${pixel}:`);
    const sent = await check(['--config', fleet.configuration, '--test-event', `${pixel}:TEST1`]);
    expect(sent.code).toBe(0);
    expect(sent.out).toContain(`pixel ${pixel}  accepted test event`);
    await fleet.tell('tokens', { pixel, sendOnly: [] });
  });

  test('sends test events only to pixels that are configured', async () => {
    for (const given of ['42:TEST1', 'TEST1', `${PIXELS[0]}:`]) {
      const { code, err } = await check(['--config', fleet.configuration, '--test-event', given]);
      expect(code).toBe(2);
      expect(err).toContain('--test-event');
    }
  });

  test('names the app secret that a pixel lacks', async () => {
    const [, pixel = ''] = PIXELS;
    await fleet.tell('tokens', { pixel, appSecret: 'the-app-secret' });
    const { code, out } = await check(['--config', fleet.configuration]);
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`FAIL {2}pixel ${pixel} +Meta refuses it with code 100`));
    expect(out).toContain('set appSecret to the secret of the app');
    expect(out).not.toContain('the-app-secret');
    await fleet.tell('tokens', { pixel, appSecret: null });
  });

  test('names what cannot be reached, and the fix, and no secret', async () => {
    await fleet.tell('tokens', { pixel: PIXELS[0], expired: ['fleet-token'] });
    const env = { KAFKA_BROKERS: '127.0.0.1:1', REDIS_URL: 'redis://:secret@127.0.0.1:1' };
    const { code, out, err } = await checkAlone(['--config', fleet.configuration, '--json'], env);
    expect(code).toBe(1);
    const { findings } = JSON.parse(out) as {
      findings: { level: string; subject: string; fix: string }[];
    };
    const failed = findings.filter(({ level }) => level === 'failure');
    expect(failed.map(({ subject }) => subject).sort()).toEqual(
      ['Kafka', 'Redis', `pixel ${PIXELS[0]}`].sort(),
    );
    expect(failed.every(({ fix }) => fix.length > 10)).toBe(true);
    expect(out + err).not.toMatch(/secret|fleet-token/);
  });

  test('lists every problem of the configuration', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'capi-relay-check-'));
    const file = join(folder, 'wrong.yaml');
    await writeFile(file, 'kafka: { brokers: [a:1], topics: [t], clientid: x }\npixels: []\n');
    const { code, err } = await check(['--config', file]);
    await rm(folder, { recursive: true });
    expect(code).toBe(2);
    expect(err).toContain('kafka.clientid: is an unknown key → did you mean clientId?');
    expect(err).toContain('redis');
    expect(err).toContain('sealing');
    expect(err).toContain('pixels');
  });

  test('wants a configuration', async () => {
    const { code, err } = await check([]);
    expect(code).toBe(2);
    expect(err).toContain('--config');
  });
});
