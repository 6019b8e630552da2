import { afterEach, describe, expect, test } from '@jest/globals';
import { configFlag } from '#cli/config-flag.ts';
import { didYouMean, pixelIdOf } from '#cli/known-names.ts';
import { PixelNames } from '#core/pixel-names.ts';
import { commandHere } from '#test/support/command-here.ts';

const NAMES = new PixelNames([{ pixelId: '1234567890', name: 'EU shop' }, { pixelId: '42' }]);

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
