import { describe, expect, test } from '@jest/globals';
import { generateMessages } from '#cli/produce/generator.ts';

const START = Date.parse('2026-11-23T10:00:00.000Z');
const SOURCES = ['shop-eu', 'shop-us', 'shop-jp'];

interface Event {
  readonly event: string;
  readonly messageId: string;
  readonly userId?: string;
  readonly anonymousId: string;
  readonly timestamp: string | number;
  readonly originalTimestamp: string;
  readonly context: {
    readonly ip?: string;
    readonly source: string;
    readonly traits?: { readonly email?: string; readonly phone?: string };
  };
  readonly properties: Record<string, unknown>;
}

function generate(overrides: Partial<Parameters<typeof generateMessages>[0]> = {}) {
  return generateMessages({
    seed: 'test',
    startMs: START,
    sources: SOURCES,
    badShare: 0,
    ...overrides,
  });
}

const { messages, counts } = (() => {
  const generator = generate();
  return { messages: generator.take(20_000), counts: generator.counts };
})();
const events = messages.map(({ value }) => parse(value));

function parse(value: Buffer): Event {
  return JSON.parse(value.toString('utf8')) as Event;
}

function ageOf(event: Event, now: number): number {
  return now - Date.parse(event.originalTimestamp);
}

describe('repeatability', () => {
  test('the same seed and start give the same bytes', () => {
    const [first, second] = [generate({ badShare: 0.2 }), generate({ badShare: 0.2 })];
    const [one, other] = [first.take(3_000), second.take(3_000)];
    expect(other.findIndex(({ value }, at) => one[at]?.value.equals(value) !== true)).toBe(-1);
    expect(other.map(({ key, kind }) => key + kind)).toEqual(
      one.map(({ key, kind }) => key + kind),
    );
    expect(second.counts).toEqual(first.counts);
  });

  test('another seed or another start gives other message ids', () => {
    const runs = [{}, { seed: 'test2' }, { seed: '1' }, { seed: '2' }, { startMs: START + 1 }];
    const ids = runs.flatMap((run) =>
      generate(run)
        .take(2_000)
        .map(({ value }) => parse(value).messageId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('message ids are distinct UUIDs of version 4', () => {
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(events.filter(({ messageId }) => !form.test(messageId))).toEqual([]);
    expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(events.length);
  });
});

describe('what a good event looks like', () => {
  test('the key is the customer, else the browser', () => {
    const keys = events.map(({ userId, anonymousId }) => userId ?? anonymousId);
    expect(messages.map(({ key }) => key)).toEqual(keys);
  });

  test('its size is that of real events', () => {
    expect(counts.bytes / counts.messages).toBeGreaterThan(1_400);
    expect(counts.bytes / counts.messages).toBeLessThan(1_700);
  });

  test('it happened within the last quarter of an hour, never after now', () => {
    const ages = events.map((event) => ageOf(event, START));
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...ages)).toBeLessThanOrEqual(15 * 60_000);
  });

  test('time goes on when the caller says so', () => {
    const generator = generate();
    generator.take(2_000);
    const later = START + 3_600_000;
    const ages = generator.take(2_000, later).map(({ value }) => ageOf(parse(value), later));
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...ages)).toBeLessThanOrEqual(15 * 60_000);
  });

  test('every form of timestamp names the same moment', () => {
    const seconds = ({ timestamp }: Event): number =>
      typeof timestamp === 'string'
        ? Date.parse(timestamp) / 1000
        : timestamp / (timestamp < 1e11 ? 1 : 1000);
    const moments = events.map(({ originalTimestamp }) => Date.parse(originalTimestamp));
    expect(events.map((event) => Math.floor(seconds(event)))).toEqual(
      moments.map((ms) => Math.floor(ms / 1000)),
    );
    const forms = events.map(({ timestamp }) => `${timestamp}`.replace(/\d/g, '9'));
    expect(new Set(forms).size).toBe(5);
  });

  test('the busiest shop comes first', () => {
    const totals = SOURCES.map((source) => counts.sources[source]?.all ?? 0);
    expect(totals).toEqual(totals.toSorted((a, b) => b - a));
    expect(Math.min(...totals)).toBeGreaterThan(1_000);
  });

  test.each([
    'ß',
    'İ',
    'ı',
    'é',
    'e\u0301',
    'ł',
    '\\p{Script=Greek}',
    '\\p{Script=Cyrillic}',
    '\\p{Script=Han}',
    '\\p{Script=Hangul}',
    '\\p{Script=Arabic}',
  ])('names and addresses hold %s', (letter) => {
    const traits = JSON.stringify(events.map(({ context }) => context.traits));
    expect(new RegExp(letter, 'u').test(traits)).toBe(true);
  });

  test('no real person can be reached: mail hosts and networks are reserved ones', () => {
    const emails = events.flatMap(({ context }) => context.traits?.email ?? []);
    const ips = events.flatMap(({ context }) => context.ip ?? []);
    const reserved = /@example\.(com|org|net)\s*$|^[0-9a-f]{64}$/;
    const documented = /^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$|^2001:db8:/i;
    expect(emails.filter((email) => !reserved.test(email))).toEqual([]);
    expect(ips.filter((ip) => !documented.test(ip))).toEqual([]);
  });

  test('people come back, and some of them log in on the way', () => {
    const visits = [...Map.groupBy(events, ({ anonymousId }) => anonymousId).values()];
    const loggedIn = visits.filter(
      (seen) => seen.some(({ userId }) => !userId) && seen.some(({ userId }) => userId),
    );
    expect(loggedIn.length).toBeGreaterThan(100);
    expect(visits.length).toBeLessThan(events.length / 5);
  });
});

describe('the funnel', () => {
  test.each([
    ['Product Added', 'Product Viewed'],
    ['Checkout Started', 'Product Added'],
    ['Payment Info Entered', 'Checkout Started'],
    ['Order Completed', 'Payment Info Entered'],
  ])('%s follows %s of the same browser', (later, earlier) => {
    const seen = new Set<string>();
    const alone: string[] = [];
    for (const { event, anonymousId } of events) {
      if (event === earlier) seen.add(anonymousId);
      if (event === later && !seen.has(anonymousId)) alone.push(anonymousId);
    }
    expect(alone).toEqual([]);
    expect(counts.events[later]).toBeGreaterThan(100);
  });

  test('an order holds only what its buyer put into the basket before', () => {
    const added = new Set<string>();
    const unknown: unknown[] = [];
    for (const { event, anonymousId, properties } of events) {
      if (event === 'Product Added') added.add(`${anonymousId} ${properties['product_id']}`);
      if (event !== 'Order Completed') continue;
      for (const product of properties['products'] as Record<string, unknown>[]) {
        if (!added.has(`${anonymousId} ${product['product_id']}`)) unknown.push(product);
      }
    }
    expect(unknown).toEqual([]);
  });

  test('an order has a revenue and a currency', () => {
    const orders = events.filter(({ event }) => event === 'Order Completed');
    for (const { properties } of orders) {
      expect(Number(properties['revenue'])).toBeGreaterThan(0);
      expect(properties['currency']).toMatch(/^[a-z]{3}$/i);
    }
  });

  test('fewer come with each step', () => {
    const steps = ['Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed'];
    const numbers = steps.map((step) => counts.events[step] ?? 0);
    expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
  });

  test('a short run sees whole visits too', () => {
    const generator = generate();
    generator.take(200);
    expect(generator.counts.events['Order Completed']).toBeGreaterThan(0);
  });
});

test('a source may have any name', () => {
  const source = 'Läden "Süd" \\ \u2028';
  const texts = generate({ sources: [source] }).take(500);
  expect(new Set(texts.map(({ value }) => parse(value).context.source))).toEqual(new Set([source]));
});

test('the counts say what was made', () => {
  expect(counts.messages).toBe(messages.length);
  expect(counts.bytes).toBe(messages.reduce((sum, { value }) => sum + value.length, 0));
  expect(counts.kinds).toEqual({ good: messages.length });
  const names = Map.groupBy(events, ({ event }) => event);
  expect(counts.events).toEqual(
    Object.fromEntries([...names].map(([name, each]) => [name, each.length])),
  );
});
