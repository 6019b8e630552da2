import { describe, expect, test } from '@jest/globals';
import { cut, padded, printable, widthOf, wrapped } from '#cli/output/text.ts';
import { createReadableMessages, createReadablePreview } from '#cli/preview/previews.ts';
import { generateMessages } from '#cli/produce/generator.ts';
import { PLAIN_JSON } from '#core/event/event-decoder.ts';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { TRACK_EVENT_TIME, trackEvent } from '#test/support/track-event.ts';

const NOW = TRACK_EVENT_TIME;

/** What people see of some lines, on a terminal of that many columns. */
function rendered(lines: readonly string[], columns: number): string {
  const context = { configuration: null, now: NOW, clock: () => NOW };
  const { preview, summary } = createReadablePreview(context, { reveal: false, columns });
  return lines.map(preview).join('') + summary();
}

describe('text on a terminal', () => {
  test.each([
    ['abc', 3],
    ['Größe', 5],
    ['Gro\u0308sse', 6],
    ['東京', 4],
    ['한국', 4],
    ['🙂', 2],
    ['Ａ', 2],
    ['', 0],
  ])('%j takes its columns', (text, width) => {
    expect(widthOf(text)).toBe(width);
    expect(widthOf(padded(text, 10))).toBe(10);
  });

  test('is cut between characters, with a mark', () => {
    expect(cut('abcdef', 6)).toBe('abcdef');
    expect(cut('abcdefg', 6)).toBe('abcde…');
    expect(cut('東京都庁', 6)).toBe('東京…');
    expect(cut('🙂🙂🙂', 4)).toBe('🙂…');
  });

  test('is broken between words', () => {
    expect(wrapped('one two three', 9, '  ')).toBe('  one two\n  three\n');
    expect(wrapped('unbreakably', 5, '  ')).toBe('  unbreakably\n');
  });

  test('moves no cursor', () => {
    expect(printable('\u001b[31mred\u0007\u202e')).toBe('\ufffd[31mred\ufffd\ufffd');
    expect(printable({ a: ['\n'] })).toBe('{"a":["\\n"]}');
  });
});

describe('an event', () => {
  test('has its items one by one, and texts of a list side by side', () => {
    const shown = rendered([JSON.stringify(trackEvent())], 120);
    expect(shown).toMatch(
      /contents\[0\] +id G-32, quantity 1, item_price 24\.5 +← properties\.products\[0\]/,
    );
    expect(shown).toMatch(
      /contents\[1\] +id C-07, quantity 2, item_price 20 +← properties\.products\[1\]/,
    );
    expect(shown).toMatch(/content_ids +G-32, C-07 +←/);
  });

  test('of one product is the item itself', () => {
    const event = trackEvent({
      event: 'Product Added',
      properties: { products: undefined, product_id: 'G-32', price: 5 },
    });
    expect(rendered([JSON.stringify(event)], 120)).toMatch(/contents\[0\] .*← properties\n/);
  });

  test('has the source of each field that the pixel names', () => {
    const fields = {
      em: ['properties.mail', 'context.traits.email'],
      event_time: ['properties.at', 'timestamp'],
      action_source: 'properties.channel',
      event_id: '{{event}}-{{properties.order_id}}',
      value: { sum: 'properties.products', of: 'price', times: 'quantity' },
      currency: { value: 'EUR' },
      contents: { each: 'properties.lines', id: 'no' },
      'custom_data.tier': 'context.tier',
    };
    const event = trackEvent({ context: { tier: 'gold', traits: { email: 'jo@example.com' } } });
    const properties = { ...(event['properties'] as object), lines: [{ no: 1 }], channel: 'email' };
    const line = { settings: { fields }, event: { ...event, properties } };
    const shown = rendered([JSON.stringify(line)], 200);
    for (const [field, origin] of [
      ['em', 'context.traits.email'],
      ['event_time', 'timestamp'],
      ['action_source', 'properties.channel'],
      ['event_id', '"{{event}}-{{properties.order_id}}"'],
      ['value', 'sum of properties.products[].price'],
      ['currency', 'settings.fields'],
      ['contents[0]', 'properties.lines[0]'],
      ['tier', 'context.tier'],
    ] as const) {
      const row = shown.split('\n').find((each) => each.trim().startsWith(`${field} `));
      expect({ field, row }).toEqual({ field, row: expect.stringContaining(`← ${origin}`) });
    }
  });

  test('has the source of each part that the pixel names', () => {
    const fields = {
      action_source: { value: 'app' },
      vendor_id: 'context.idfv',
      'original_event_data.order_id': 'properties.order_id',
    };
    const event = trackEvent({ context: { idfv: 'V-1' } });
    const shown = rendered([JSON.stringify({ settings: { fields }, event })], 200);
    expect(shown).toMatch(/app_data .*← context\.idfv, context\.app/);
    expect(shown).toMatch(/original_event_data .*← properties\.order_id\n/);
  });

  test('without a time says whose time it has', () => {
    const event = trackEvent({
      timestamp: undefined,
      originalTimestamp: undefined,
      sentAt: undefined,
      receivedAt: undefined,
    });
    expect(rendered([JSON.stringify(event)], 120)).toMatch(/event_time .*← the time it was read/);
  });
});

test('a message has its topic, partition and offset, in a line of its own where they are long', () => {
  const at = { partition: 12, offset: 18_204, timestamp: NOW };
  const value = Buffer.from(JSON.stringify(trackEvent()));
  const shown = (columns: number): string => {
    const configuration = {
      pixels: [{ ...DEFAULT_PIXEL_SETTINGS, pixelId: '0', events: {} }],
      ingest: { maxMessageBytes: 10_000 },
    };
    const readable = createReadableMessages(
      { configuration, decoder: PLAIN_JSON, now: NOW, clock: () => NOW },
      { reveal: false, columns },
      () => {},
    );
    const kafka = { topic: 'track-events', ...at };
    const message = { key: null, value, headers: {} };
    return readable.preview({ kafka, message, fault: null }) + readable.summary();
  };
  const wide = shown(120);
  expect(wide).toMatch(
    /^track-events\/12 offset 18204 {2}Order Completed → Purchase {2}deliver {2}pixel 0\n/,
  );
  expect(wide).toContain('1 message: 1 to deliver');
  expect(wide).not.toContain('anna.mueller@example.com');
  const narrow = shown(50).split('\n').slice(0, 3);
  expect(narrow).toEqual([
    'track-events/12 offset 18204',
    '    Order Completed → Purchase  deliver',
    '    pixel 0',
  ]);
});

test.each([40, 60, 80, 90, 120, 200])(
  'no line is wider than a terminal of %i columns',
  (columns) => {
    const sources = ['shop-eu', 'shop-us', 'shop-jp'];
    const generator = generateMessages({ seed: 'wide', startMs: NOW, sources, badShare: 0.2 });
    const lines = generator.take(300).map(({ value }) => value.toString());
    const wide = rendered(lines, columns)
      .split('\n')
      .filter((line) => widthOf(line) > columns && !/^\S|^ +\S+$/.test(line));
    expect(wide).toEqual([]);
  },
);
