import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { configFlag } from '#cli/config-flag.ts';
import { didYouMean, pixelIdInFilter, pixelIdOf } from '#cli/known-names.ts';
import { parseFilter, withPixels } from '#core/dead-letter/filter.ts';
import { PixelNames } from '#core/pixel-names.ts';
import { commandHere } from '#test/support/command-here.ts';

const NAMES = new PixelNames([{ pixelId: '1234567890', name: 'EU shop' }, { pixelId: '42' }]);

const CONFIGURATION = {
  kafka: { brokers: ['127.0.0.1:9'], topics: ['track-events'] },
  redis: { url: 'redis://127.0.0.1:9' },
  sealing: { currentKey: 'a', keys: [{ id: 'a', key: Buffer.alloc(32, 7).toString('base64') }] },
  pixels: [{ pixelId: '1234567890', name: 'EU shop', accessToken: 'EAAB-test' }],
};

describe('a pixel', () => {
  test('has the ID of its name or its ID', () => {
    expect(['EU shop', '1234567890', '42'].map((each) => pixelIdOf(NAMES, each))).toEqual([
      ...['1234567890', '1234567890', '42'],
    ]);
  });

  test.each([
    ['EU shp', 'there is no pixel “EU shp”, did you mean EU shop?'],
    ['1234567891', 'there is no pixel “1234567891”, did you mean 1234567890?'],
    ['99', 'there is no pixel “99”: configured are EU shop, 1234567890, 42'],
    ['Asia', 'there is no pixel “Asia”: configured are EU shop, 1234567890, 42'],
  ])('%s', (given, message) => {
    expect(() => pixelIdOf(NAMES, given)).toThrow(message);
  });
});

describe('a pixel in --where', () => {
  const resolved = (text: string) => withPixels(text, (value) => pixelIdInFilter(NAMES, value));

  test.each([
    ['pixel:"EU shop"', 'pixel:1234567890'],
    ['-pixel:"EU shop",42 reason:too_old', '-pixel:1234567890,42 reason:too_old'],
    ['event:"EU shop"  pixel:none', 'event:"EU shop" pixel:none'],
    // A pixel that is no longer configured.
    ['pixel:777', 'pixel:777'],
    ['reason:too_old   code:100', 'reason:too_old   code:100'],
  ])('%s selects %s', (text, expected) => {
    expect(resolved(text)).toBe(expected);
    expect(parseFilter(resolved(text)).ok).toBe(true);
  });

  test.each(['pixel:"EU shp"', 'pixel:42,"EU shp"', '-pixel:"EU shp"'])(
    '%s is asked about',
    (text) => {
      expect(() => resolved(text)).toThrow('there is no pixel “EU shp”, did you mean EU shop?');
    },
  );

  test('is asked about before a command connects', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'capi-relay-names-'));
    const file = join(folder, 'capi-relay.json');
    await writeFile(file, JSON.stringify(CONFIGURATION));
    const args = ['list', '--where', 'pixel:"EU shp"', '--config', file];
    const { code, err } = await commandHere('dead-letters', args);
    await rm(folder, { recursive: true });
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringContaining('did you mean EU shop?'),
    });
  });

  test.each(['__proto__', 'constructor', 'toString'])('pixel:%s is no pixel', (name) => {
    expect(() => resolved(`pixel:${name}`)).toThrow('there is no pixel');
  });
});

test.each([
  ['track-event', ', did you mean track-events?'],
  ['orders', ''],
  ['x'.repeat(100_000), ''],
  ['__proto__', ''],
])('%#: a topic', (given, words) => {
  expect(didYouMean(given, ['track-events', 'payments'])).toBe(words);
});

describe('a printed command', () => {
  afterEach(() => {
    delete process.env['CAPI_RELAY_CONFIG'];
  });

  test.each([
    [undefined, ''],
    ['', ''],
    ['relay.yaml', ' --config relay.yaml'],
    ['my relay.yaml', " --config 'my relay.yaml'"],
    ["it's.yaml", " --config 'it'\\''s.yaml'"],
  ])('for %j', (config, flag) => {
    expect(configFlag(config)).toBe(flag);
  });

  test('needs no file that the environment names', () => {
    process.env['CAPI_RELAY_CONFIG'] = 'relay.yaml';
    expect(configFlag('relay.yaml')).toBe('');
  });
});

test.each(['summary', 'list', 'audit'])(
  'the help of dead-letters %s says that an empty answer is an answer',
  async (action) => {
    const { out } = await commandHere('dead-letters', [action, '--help']);
    expect(out).toContain('0 done, also where nothing matched');
    expect(out).not.toContain('3 nothing matched');
  },
);
