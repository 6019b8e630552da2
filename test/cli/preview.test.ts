import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { sentJson } from '#core/record/record.ts';
import { commandHere } from '#test/support/command-here.ts';
import { TRACK_EVENT_TIME, trackEvent } from '#test/support/track-event.ts';

const NOW = new Date(TRACK_EVENT_TIME).toISOString();

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(args: readonly string[], input: string | Buffer = ''): Promise<Result> {
  const { code, out: stdout, err: stderr } = await commandHere('preview', args, { env: {}, input });
  return { code, stdout, stderr };
}

/** The answers to some lines, parsed. */
async function answers(args: readonly string[], lines: readonly unknown[]) {
  const input = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const { code, stdout, stderr } = await run(args, `${input.join('\n')}\n`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

let folder = '';
let configFile = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'preview-'));
  configFile = join(folder, 'capi-relay.json');
  const pixel = { accessToken: 'T' };
  const configuration = {
    kafka: { brokers: ['127.0.0.1:9'], topics: ['track-events'] },
    redis: { url: 'redis://127.0.0.1:9' },
    sealing: 'off',
    ingest: { maxMessageBytes: 5000 },
    pixels: [
      { ...pixel, pixelId: '11', events: { where: { 'context.source': 'shop-eu' } } },
      {
        ...pixel,
        pixelId: '22',
        events: { topics: ['track-events'] },
        purchaseWithoutValue: 'zero',
      },
      { ...pixel, pixelId: '33', events: { where: { writeKey: 'nobody' } } },
    ],
  };
  await writeFile(configFile, JSON.stringify(configuration));
});

afterAll(() => rm(folder, { recursive: true }));

describe('a Track event alone', () => {
  test('is printed byte for byte as it would be sent, then its warnings', async () => {
    const event = trackEvent();
    const { stdout } = await run(['--now', NOW], JSON.stringify(event));
    const map = createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '0' });
    const result = map(event, TRACK_EVENT_TIME);
    const sent = result.outcome === 'deliver' ? sentJson(result.event) : '';
    expect(stdout).toBe(`{"outcome":"deliver","pixelId":"0","event":${sent},"warnings":[]}\n`);
  });

  test('keeps its warnings', async () => {
    const event = trackEvent({ messageId: undefined });
    const [answer] = await answers(['--now', NOW], [event]);
    expect(answer.warnings).toEqual([
      { code: 'missing_event_id', path: 'messageId', message: expect.any(String) },
    ]);
  });
});

describe('a line with settings', () => {
  test('is judged by them, and by its own time', async () => {
    const old = '2020-01-02T00:00:00Z';
    const lines = [
      { settings: { pixelId: '77', defaultCurrency: 'EUR' }, event: trackEvent(), now: NOW },
      { event: trackEvent({ timestamp: '2020-01-01T00:00:00Z' }), now: old },
      { event: trackEvent({ timestamp: '2020-01-01T00:00:00Z' }), now: Date.parse(old) / 1000 },
      { event: trackEvent({ timestamp: '2020-01-01T00:00:00Z' }) },
      { settings: null, event: trackEvent(), now: NOW },
      { settings: {}, event: 'no event', now: NOW },
    ];
    const found = await answers([], lines);
    expect(found.map(({ outcome, reason, pixelId }) => reason ?? `${outcome} ${pixelId}`)).toEqual([
      'deliver 77',
      'deliver 0',
      'deliver 0',
      'too_old',
      'deliver 0',
      'invalid_event',
    ]);
  });

  test('that are wrong is refused with every problem', async () => {
    const [wrong, time] = await answers(
      [],
      [
        { settings: { defaultCurrency: 'XXX', colour: 'red' }, event: trackEvent() },
        { event: trackEvent(), now: 'soon' },
      ],
    );
    expect(wrong).toMatchObject({ outcome: 'reject', reason: 'invalid_settings' });
    expect(wrong.message).toContain('settings.defaultCurrency');
    expect(wrong.message).toContain('settings.colour');
    expect(time).toMatchObject({ outcome: 'reject', reason: 'invalid_settings' });
  });
});

test('every line is answered, in order, and none is a crash', async () => {
  const deep = `{"event":"x","userId":"u","properties":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`;
  const lines = [
    'not JSON',
    '',
    '[]',
    '5',
    '{"event":{"type":"identify"}}',
    '{}',
    deep,
    '{"__proto__":{"event":"x"},"event":"Order Completed","properties":{"revenue":1}}',
    JSON.stringify(trackEvent({ context: { traits: { email: '\ud800' } } })),
  ];
  const found = await answers(['--now', NOW], lines);
  expect(found.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
    ...['invalid_event', 'invalid_event', 'invalid_event', 'invalid_event'],
    ...['not_track', 'invalid_event', 'deliver', 'missing_user_data', 'deliver'],
  ]);
});

describe('lines', () => {
  test.each([
    ['without a line break at the end', '{}', 1],
    ['with one', '{}\n', 1],
    ['of Windows', '{}\r\n{}\r\n', 2],
    ['behind a byte order mark', '\ufeff{"event":{"type":"alias"}}\n', 1],
    ['none', '', 0],
  ])('%s', async (_case, input, count) => {
    const { code, stdout } = await run([], input);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(count + 1);
    expect(stdout).not.toContain('not JSON');
  });

  test('from a file, many and long ones too', async () => {
    const file = join(folder, 'events.jsonl');
    const events = Array.from({ length: 3000 }, (_, at) =>
      JSON.stringify(
        trackEvent({ messageId: `m-${at}`, properties: { note: 'ö'.repeat(at % 700) } }),
      ),
    );
    await writeFile(file, events.join('\n'));
    const { stdout } = await run(['--now', NOW, file]);
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).event.event_id);
    expect(ids).toEqual(events.map((_, at) => `m-${at}`));
  });
});

describe('with a configuration', () => {
  test('an event goes to every pixel that asks for it, one line each', async () => {
    const found = await answers(
      ['--config', configFile, '--now', NOW],
      [
        trackEvent(),
        trackEvent({ context: { source: 'shop-us' } }),
        trackEvent({ properties: { revenue: undefined } }),
        { settings: { pixelId: '44' }, event: trackEvent() },
      ],
    );
    expect(found.map(({ outcome, pixelId }) => `${outcome} ${pixelId}`)).toEqual([
      'deliver 11',
      'deliver 22',
      'deliver 22',
      'reject 11',
      'deliver 22',
      'deliver 44',
    ]);
  });

  test('an event that no pixel asks for, and one that ingest would not read', async () => {
    const onlyOne = join(folder, 'one.json');
    const configuration = JSON.parse(
      JSON.stringify({
        kafka: { brokers: ['127.0.0.1:9'], topics: ['t'] },
        redis: { url: 'redis://127.0.0.1:9' },
        sealing: 'off',
        ingest: { maxMessageBytes: 5000 },
        pixels: [{ pixelId: '1', accessToken: 'T', events: { where: { writeKey: 'x' } } }],
      }),
    );
    await writeFile(onlyOne, JSON.stringify(configuration));
    const found = await answers(
      ['--config', onlyOne, '--now', NOW],
      [trackEvent(), trackEvent({ properties: { note: 'x'.repeat(5000) } })],
    );
    expect(found).toEqual([
      { outcome: 'filter', reason: 'no_pixel', message: expect.any(String) },
      { outcome: 'reject', reason: 'too_large', message: expect.stringContaining('5000') },
    ]);
  });

  test('an event that a pixel denies is filtered for that pixel alone', async () => {
    const denying = join(folder, 'denying.json');
    const deny = { path: 'properties.is_test', equals: true };
    const configuration = {
      kafka: { brokers: ['127.0.0.1:9'], topics: ['t'] },
      redis: { url: 'redis://127.0.0.1:9' },
      sealing: 'off',
      pixels: [
        { pixelId: '1', accessToken: 'T', events: { deny } },
        { pixelId: '2', accessToken: 'T', events: { allow: deny } },
      ],
    };
    await writeFile(denying, JSON.stringify(configuration));
    const found = await answers(
      ['--config', denying, '--now', NOW],
      [trackEvent({ properties: { is_test: true } }), trackEvent()],
    );
    expect(found).toMatchObject([
      { outcome: 'filter', reason: 'denied', pixelId: '1', message: expect.any(String) },
      { outcome: 'deliver', pixelId: '2' },
      { outcome: 'deliver', pixelId: '1' },
    ]);
  });

  test('each event that a rule adds has a line, and in the rendering its origin', async () => {
    const when = { path: 'properties.is_new', equals: true };
    const rule = { when, eventName: 'NewCustomer', testEventCode: 'TEST1' };
    const settings = { eventRules: [rule] };
    const event = trackEvent({ messageId: 'm', properties: { is_new: true, revenue: 5 } });
    const line = { settings, event, now: NOW };
    const found = await answers([], [line]);
    expect(found).toMatchObject([
      { outcome: 'deliver', event: { event_id: 'm' } },
      { outcome: 'deliver', event: { event_name: 'NewCustomer', event_id: 'm:NewCustomer' } },
    ]);
    expect(found.map(({ testEventCode }) => testEventCode)).toEqual([undefined, 'TEST1']);
    const { stdout } = await run(['--readable'], JSON.stringify(line));
    expect(stdout).toMatch(/event_name +NewCustomer +← eventRules\[0\]/);
    expect(stdout).toContain('deliver: test event TEST1');
    expect(stdout).toContain('1 line: 2 to deliver');
  });

  test.each([
    ['a configuration that is not there', ['--config', '/nowhere.yaml'], '/nowhere.yaml'],
    ['a file that is not there', ['/nowhere.jsonl'], '/nowhere.jsonl'],
    ['a folder instead of a file', [tmpdir()], 'is a folder'],
    ['a flag that is not there', ['--colour'], '--colour'],
    ['a time that is none', ['--now', 'soon'], '--now'],
    ['both ways at once', ['--json', '--readable'], '--json'],
  ])('wrong usage is exit code 2: %s', async (_case, args, mentions) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(mentions);
  });

  test('help has an example and tells of the lines', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Example:');
    expect(stdout).toContain('"outcome":"deliver"');
  });
});

describe('for people', () => {
  test('every field has its origin, and what would help is named', async () => {
    const event = trackEvent({ context: { traits: { birthday: '03/04/1985' } } });
    const { stdout } = await run(['--readable', '--now', NOW], JSON.stringify(event));
    expect(stdout).toMatch(/Order Completed → Purchase +deliver +pixel 0/);
    expect(stdout).toMatch(/em +sha256 [0-9a-f]{12}… +← context\.traits\.email/);
    expect(stdout).toMatch(/value +64\.5 +← properties\.revenue/);
    expect(stdout).toMatch(/action_source +website +← settings\.defaultActionSource/);
    expect(stdout).toMatch(/warnings\n +context\.traits\.birthday +ambiguous_birthday/);
    expect(stdout).toMatch(/would raise match quality\n +context\.traits\.birthday +db:/);
    expect(stdout).not.toContain('anna.mueller@example.com');
  });

  test('personal values are shown on demand alone', async () => {
    const { stdout } = await run(
      ['--readable', '--reveal', '--now', NOW],
      JSON.stringify(trackEvent()),
    );
    expect(stdout).toMatch(/em +sha256 [0-9a-f]{12}… of anna\.mueller@exa/);
  });

  test('what goes no further says why, and no line can move the cursor', async () => {
    const lines = ['junk', '{"type":"identify"}', '{"event":"\\u001b[31mred","userId":"u"}'];
    const { stdout } = await run(['--readable', '--now', NOW], lines.join('\n'));
    expect(stdout).toMatch(/line 1 +reject: invalid_event\n +the line is not JSON\n +→ Write each/);
    expect(stdout).toMatch(/line 2 +identify +filter: not_track/);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('3 lines: 1 to deliver (with 4 warnings), 1 filtered, 1 rejected.');
  });

  test('nothing at all is said so', async () => {
    const { code, stdout } = await run(['--readable']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('No line') });
  });
});
