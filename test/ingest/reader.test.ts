import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { readMessage } from '#core/event/kafka-message.ts';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { filter, type MappingResult, reject } from '#core/mapping/mapping-result.ts';
import { IntakeBuilder } from '#ingest/intake/builder.ts';
import { DuplicateWindow } from '#ingest/intake/duplicates.ts';
import { createMappings, type PixelMappings } from '#ingest/intake/mappings.ts';
import { Reader, type ReaderDeps } from '#ingest/intake/reader.ts';
import { IntakeReceipts } from '#ingest/intake/receipts.ts';
import { openEnvelope } from '#store/intake/envelope.ts';
import { MessageNames } from '#store/receipts/names.ts';
import { createSealer } from '#store/sealing.ts';

const sealer = createSealer('k', [{ id: 'k', key: randomBytes(32) }]);
const delivery: MappingResult = {
  outcome: 'deliver',
  event: {
    plain: { event_name: 'Lead', event_time: 1, action_source: 'website', user_data: {} },
    personal: { em: 'jane@example.com' },
  },
  warnings: [{ code: 'invalid_email', path: 'context.page.url', message: 'missing' }],
};
/** No JSON can be made of it. */
const unwritable = {
  ...delivery,
  event: { plain: { event_time: 1n }, personal: {} },
} as unknown as MappingResult;
const RESULTS: Record<string, MappingResult> = {
  good: delivery,
  page: filter('not_track', 'a page call'),
  bad: reject('missing_value', 'no value'),
};

let counted: string[];
let builder: IntakeBuilder;
let closed: string[];
let reader: Reader;

beforeEach(() => {
  counted = [];
  closed = [];
  const limits = { maxEvents: 2, maxBytes: 1_000_000 };
  const envelope = (...facts: unknown[]): void => void closed.push(facts.join());
  builder = new IntakeBuilder(sealer, limits, { envelope }, 'r');
  const map = (event: unknown): MappingResult =>
    RESULTS[(event as { kind: string }).kind] ?? delivery;
  reader = readerOf({
    pixels: ['1', '2'].map((pixelId) => ({ pixelId, map, horizonOf: () => null })),
    route: (_topic, event) => (event as { to?: number[] }).to ?? [0],
  });
});

function readerOf(
  mappings: PixelMappings,
  traceOf: ReaderDeps['traceOf'] = () => null,
  maxMessageBytes = 100,
): Reader {
  return new Reader(mappings, { builder, counters: counters(), maxMessageBytes, traceOf });
}

function counters(): ReaderDeps['counters'] {
  return {
    enqueued: (pixel) => counted.push(`enqueued ${pixel}`),
    parked: (pixel) => counted.push(`parked ${pixel}`),
    filtered: (pixel, reason) => counted.push(`filtered ${pixel} ${reason}`),
    dead: (pixel, reason) => counted.push(`dead ${pixel} ${reason}`),
    warned: (pixel, { code }) => counted.push(`warned ${pixel} ${code}`),
    failed: (words) => counted.push(`failed ${words}`),
  };
}

function read(value: Buffer | string | null, offset = 0): void {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const kafka = { topic: 't', partition: 0, offset, timestamp: 9 };
  reader.read({ key: null, value: bytes, headers: { a: 'b' } }, kafka, 0);
  builder.step('t', 0, { from: null, next: offset + 1, topicId: null });
}

describe('a message that was parked and is read again', () => {
  const readAgain = (value: string) => {
    const message = { key: null, value: Buffer.from(value), headers: {} };
    const kafka = { topic: 't', partition: 0, offset: 0, timestamp: 9 };
    return reader.readParked(message, kafka, 0, (pixelId) => pixelId === '2');
  };

  test.each<[string, string, string[] | 'unreadable', string[]]>([
    ['goes to its pixel', '{"kind":"page","to":[0,1]}', ['2'], ['filtered 2 not_track']],
    ["is another pixel's by now", '{"kind":"page","to":[0]}', [], []],
    ["is no pixel's by now", '{"kind":"page","to":[]}', [], []],
    ['can be decoded no longer', `{"pad":"${'x'.repeat(100)}"}`, 'unreadable', []],
  ])('%s', (_, value, pixels, expected) => {
    expect(readAgain(value)).toEqual(pixels);
    expect(counted).toEqual(expected);
  });

  test('cannot be read where the routing fails on it', () => {
    reader.mappings = {
      ...reader.mappings,
      route() {
        throw new Error('no route');
      },
    };
    expect(readAgain('{}')).toBe('unreadable');
    expect(counted).toEqual([]);
  });
});

describe('a message', () => {
  test.each([
    ['no value', null, ['dead null invalid_event']],
    ['an empty value', '', ['dead null invalid_event']],
    ['no JSON', '{"kind":', ['dead null invalid_event']],
    ['no object', '[1]', ['dead null invalid_event']],
    ['the null of JSON', 'null', ['dead null invalid_event']],
    ['bytes that are no text', Buffer.of(0xff, 0xfe, 0), ['dead null invalid_event']],
    ['too much', `{"pad":"${'x'.repeat(100)}"}`, ['dead null too_large']],
    ['an event to be sent', '{"kind":"good"}', ['enqueued 1', 'warned 1 invalid_email']],
    ['an event to be left out', '{"kind":"page"}', ['filtered 1 not_track']],
    ['an event that cannot be sent', '{"kind":"bad"}', ['dead 1 missing_value']],
    ['an event that no pixel wants', '{"to":[]}', ['filtered null no_pixel']],
    [
      'an event of two pixels',
      '{"kind":"bad","to":[0,1]}',
      ['dead 1 missing_value', 'dead 2 missing_value'],
    ],
  ])('with %s', (_name, value, expected) => {
    read(value);
    expect(counted).toEqual(expected);
    const intake = builder.build('linger');
    const totals = [...(intake?.counts.values() ?? [])];
    const pixels = expected.filter((each) => !each.startsWith('warned'));
    expect(totals.reduce((sum, { consumed }) => sum + consumed, 0)).toBe(pixels.length);
    for (const { consumed, filtered, dead, queued } of totals) {
      expect(consumed).toBe(filtered + dead + queued);
    }
  });

  test('that cannot be read is kept as it was', () => {
    read(Buffer.of(0xff, 0x0a, 0x00));
    const [letter] = builder.build('linger')?.deadLetters ?? [];
    expect(letter?.facts).toMatchObject({ pixelId: null, holds: 'message' });
    const original = readMessage(letter?.content ?? Buffer.alloc(0));
    expect(original).toEqual({
      key: null,
      value: Buffer.of(0xff, 0x0a, 0x00),
      headers: { a: [Buffer.from('b')] },
    });
  });
});

describe('a message with a schema', () => {
  const kafka = { topic: 't', partition: 0, offset: 0, timestamp: 9 };
  const encoded = { key: null, value: Buffer.of(0, 1), headers: {} };

  function lettersOf(decode: NonNullable<ReaderDeps['decoder']>['decode'], maxMessageBytes = 100) {
    const deps = { builder, counters: counters(), maxMessageBytes, traceOf: () => null };
    const isRead = new Reader(reader.mappings, { ...deps, decoder: { decode } }).read(
      encoded,
      kafka,
      0,
    );
    builder.step('t', 0, { from: null, next: 1, topicId: null });
    const letters = builder.build('linger')?.deadLetters ?? [];
    return { isRead, letters: letters.map(({ facts, content }) => [facts, readMessage(content)]) };
  }

  test('that is not loaded is not read', () => {
    expect(lettersOf(() => ({ needs: 7 }))).toEqual({ isRead: false, letters: [] });
    expect(counted).toEqual([]);
  });

  test('that does not decode is kept as it was, and names the schema', () => {
    const failed = { reason: 'undecodable', message: 'schema 7 is not in the registry' } as const;
    const { letters } = lettersOf(() => ({ ...failed, schema: 7 }));
    expect(letters).toEqual([[expect.objectContaining({ ...failed, schema: 7 }), encoded]]);
  });

  test('that is refused later is kept with its JSON, and as Kafka has it', () => {
    const { letters } = lettersOf(() => ({ event: { kind: 'bad' }, schema: 'a-guid' }));
    const json = { ...encoded, value: Buffer.from('{"kind":"bad"}'), encoded: encoded.value };
    const facts = { reason: 'missing_value', schema: 'a-guid' };
    expect(letters).toEqual([[expect.objectContaining(facts), json]]);
  });

  test('whose JSON is too large is kept as Kafka has it', () => {
    const { letters } = lettersOf(() => ({ event: { kind: 'bad' }, schema: 7 }), 10);
    expect(letters).toEqual([[expect.objectContaining({ schema: 7 }), encoded]]);
  });
});

test('what is too large is kept up to the limit, and says how long it was', () => {
  const value = Buffer.alloc(101, 0xff);
  const kafka = { topic: 't', partition: 0, offset: 0, timestamp: 9 };
  reader.read({ key: Buffer.from('k'), value, headers: { a: 'b' } }, kafka, 0);
  builder.step('t', 0, { from: null, next: 1, topicId: null });
  const [letter] = builder.build('linger')?.deadLetters ?? [];
  expect(letter?.facts).toMatchObject({
    reason: 'too_large',
    truncatedFrom: 101,
    message: expect.stringMatching(/101 bytes.*only its first 100 bytes are kept/),
  });
  const kept = readMessage(letter?.content ?? Buffer.alloc(0));
  expect(kept).toEqual({ key: null, value: value.subarray(0, 100), headers: Object.create(null) });
});

test('a key and headers that do not fit beside the value are left out, and the event stays whole', () => {
  const value = Buffer.from('{"kind":"bad"}');
  const headers = { a: 'x'.repeat(100) };
  const kafka = { topic: 't', partition: 0, offset: 0, timestamp: 9 };
  reader.read({ key: null, value, headers }, kafka, 0);
  builder.step('t', 0, { from: null, next: 1, topicId: null });
  const [letter] = builder.build('linger')?.deadLetters ?? [];
  expect(letter?.facts).not.toHaveProperty('truncatedFrom');
  expect(letter?.facts.message).toBe('no value; its key and headers were not kept');
  expect(readMessage(letter?.content ?? Buffer.alloc(0)).value).toEqual(value);
});

test('a dead letter has the horizon of the time that its pixel would have sent', () => {
  const fields = { event_time: 'properties.at', action_source: 'properties.where' };
  const pixel = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', events: {} };
  const [plain, own] = [pixel, { ...pixel, fields }].map((each) => {
    builder = new IntakeBuilder(
      sealer,
      { maxEvents: 2, maxBytes: 1_000_000 },
      { envelope() {} },
      'r',
    );
    const deps = { builder, counters: counters(), maxMessageBytes: 1000, traceOf: () => null };
    reader = new Reader(createMappings([each]), deps);
    const properties = { at: 1_000_000, where: 'physical_store', currency: 'none' };
    read(JSON.stringify({ event: 'Lead', userId: 'u', timestamp: 1_000_500, properties }));
    return builder.build('linger')?.deadLetters[0]?.facts.horizon;
  });
  const DAY = 86_400;
  expect([plain, own]).toEqual([1_000_500 + 7 * DAY, 1_000_000 + 62 * DAY]);
});

describe('a message on which our own code fails', () => {
  const JANE = 'jane@example.com';
  const boom = (): never => {
    throw new RangeError(JANE);
  };
  const odd = (parts: {
    map?: () => MappingResult;
    route?: () => number[];
    traceOf?: () => null;
  }) =>
    readerOf(
      {
        pixels: ['1', '2'].map((pixelId) => ({
          pixelId,
          map: pixelId === '1' ? (parts.map ?? (() => delivery)) : () => delivery,
          horizonOf: () => null,
        })),
        route: parts.route ?? (() => [0, 1]),
      },
      parts.traceOf,
    );

  test.each([
    ['routing', { route: boom }, ['dead null mapping_failed']],
    ['reading its trace', { traceOf: boom }, ['dead 1 mapping_failed', 'dead 2 mapping_failed']],
    [
      'writing its record',
      { map: () => unwritable },
      ['dead 1 mapping_failed', 'enqueued 2', 'warned 2 invalid_email'],
    ],
  ])('in %s dies alone, for its pixel alone, and says where', (_name, parts, expected) => {
    reader = odd(parts as Parameters<typeof odd>[0]);
    read('{"event":"x"}');
    expect(counted.filter((each) => !each.startsWith('failed'))).toEqual(expected);
    expect(counted).toContainEqual(expect.stringMatching(/^failed .*(RangeError|TypeError)/));
    const intake = builder.build('linger');
    expect(intake?.deadLetters[0]?.facts.reason).toBe('mapping_failed');
    const original = readMessage(intake?.deadLetters[0]?.content ?? Buffer.alloc(0));
    expect(original.value?.toString()).toBe('{"event":"x"}');
    expect(JSON.stringify([counted, intake?.deadLetters])).not.toContain(JANE);
  });

  test('whose headers cannot be written is kept without them', () => {
    const headers = { constructor: [Object, Buffer.from('x')] } as unknown as Record<
      string,
      Buffer
    >;
    const kafka = { topic: 't', partition: 0, offset: 0, timestamp: 9 };
    reader.read({ key: null, value: Buffer.from('['), headers }, kafka, 0);
    builder.step('t', 0, { from: null, next: 1, topicId: null });
    const [letter] = builder.build('linger')?.deadLetters ?? [];
    expect(letter?.facts.message).toBe(
      'the message is not JSON; its key and headers were not kept',
    );
    const kept = readMessage(letter?.content ?? Buffer.alloc(0));
    expect(kept.value).toEqual(Buffer.from('['));
    expect(Object.keys(kept.headers)).toEqual([]);
  });
});

describe('a record batch that cannot be opened', () => {
  test.each([
    ['too_large', 'too_large'],
    ['unreadable', 'invalid_event'],
  ] as const)('because it is %s is one dead letter of its offsets', (kind, reason) => {
    const bytes = Buffer.from('the batch');
    const fault = { kind, message: 'offsets 4 to 9', records: 6, bytes };
    const kafka = { topic: 't', partition: 0, offset: 4, timestamp: 9 };
    reader.refuse(fault, kafka, 0);
    builder.step('t', 0, { from: null, next: 10, topicId: null });
    expect(counted).toEqual([`dead null ${reason}`]);
    const intake = builder.build('linger');
    expect([...(intake?.counts.values() ?? [])]).toMatchObject([
      { consumed: 1, filtered: 0, dead: 1, queued: 0 },
    ]);
    const [letter] = intake?.deadLetters ?? [];
    const message = 'offsets 4 to 9; by its header it holds 6 messages';
    expect(letter?.facts).toMatchObject({ reason, message, kafka });
    expect(readMessage(letter?.content ?? Buffer.alloc(0)).value).toEqual(bytes);
  });
});

describe('collecting', () => {
  test('cuts envelopes by count and names each after its first event', () => {
    for (let offset = 0; offset < 5; offset += 1) read('{"kind":"good"}', offset);
    const intake = builder.build('linger');
    expect(closed).toEqual(['1,2,count', '1,2,count', '1,1,linger']);
    expect(intake?.envelopes.map(({ id }) => id)).toEqual(['t-0-0-r1', 't-0-2-r2', 't-0-4-r3']);
    expect(intake?.steps).toMatchObject([{ topic: 't', partition: 0, from: null, to: 5 }]);
    const [first] = intake?.envelopes ?? [];
    const opened = openEnvelope(
      sealer,
      { pixelId: '1', id: 't-0-0-r1' },
      first?.data ?? { n: 0, d: '' },
    );
    expect(opened).toMatchObject({ sources: [['t', 0]] });
    expect(opened.lines).toHaveLength(2);
  });

  test('is empty after a cut, and after being cleared', () => {
    read('{"kind":"good"}');
    builder.build('linger');
    expect(builder.build('linger')).toBeNull();
    read('{"kind":"good"}');
    builder.clear();
    expect(builder.build('linger')).toBeNull();
  });
});

test('an event that a pixel denies is consumed and filtered, and none of the others', () => {
  const deny = { path: 'kind', equals: 'test' };
  const pixel = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' };
  reader = readerOf(
    createMappings([
      { ...pixel, events: { deny } },
      { ...pixel, pixelId: '2', events: { allow: { not: deny } } },
    ]),
  );
  read('{"type":"identify","kind":"test"}');
  expect(counted).toEqual(['filtered 1 denied']);
  const intake = builder.build('linger');
  expect([...(intake?.counts ?? [])]).toMatchObject([
    ['1', { consumed: 1, filtered: 1, dead: 0, queued: 0 }],
  ]);
});

test('each event that rules make of one is counted, queued or dead for itself', () => {
  const when = { path: 'properties.new', equals: true };
  const eventRules = [{ when, eventName: 'NewCustomer', instead: false, testEventCode: null }];
  const pixel = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', eventRules, events: {} };
  reader = readerOf(createMappings([pixel]), () => null, 1000);
  const order = { type: 'track', event: 'Order Completed', messageId: 'm', userId: 'u' };
  read(JSON.stringify({ ...order, properties: { new: true, revenue: 5 } }), 0);
  read(JSON.stringify({ ...order, properties: { new: true } }), 1);
  read(JSON.stringify({ ...order, properties: { new: true }, timestamp: 'x' }), 2);
  expect(counted.filter((each) => !each.startsWith('warned'))).toEqual([
    'enqueued 1',
    'enqueued 1',
    'dead 1 missing_value',
    'enqueued 1',
    'dead 1 invalid_timestamp',
  ]);
  const intake = builder.build('linger');
  expect([...(intake?.counts ?? [])]).toMatchObject([
    ['1', { consumed: 5, filtered: 0, dead: 2, queued: 3 }],
  ]);
  const [first, whole] = intake?.deadLetters.map(({ facts }) => facts) ?? [];
  expect(first).toMatchObject({ reason: 'missing_value', part: null });
  expect(whole).not.toHaveProperty('part');
});

describe('with a window for duplicates', () => {
  const names = new MessageNames(null);
  const order = {
    type: 'track',
    event: 'Order Completed',
    messageId: 'm-1',
    userId: 'u',
    timestamp: new Date(0).toISOString(),
    properties: { revenue: 1, currency: 'EUR', is_new: true },
  };

  /** Reads with the window, and with receipts. */
  function readWindowed(mappings: PixelMappings, ...events: readonly object[]) {
    const window = new DuplicateWindow(names);
    const receipts = new IntakeReceipts(names);
    const limits = { maxEvents: 1000, maxBytes: 1_000_000 };
    builder = new IntakeBuilder(sealer, limits, { envelope() {} }, 'r', receipts, window);
    const deps = { builder, counters: counters(), maxMessageBytes: 10_000, traceOf: () => null };
    reader = new Reader(mappings, { ...deps, receipts, window });
    for (const event of events) read(JSON.stringify(event));
    return window;
  }

  test('each event that rules make of a message is one of its own, and a duplicate once it comes again', () => {
    const when = { path: 'properties.is_new', equals: true };
    const eventRules = ['A', 'B'].map((eventName) => ({
      ...{ when, eventName, instead: false, testEventCode: null },
    }));
    const pixel = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', eventRules, events: {} };
    readWindowed(createMappings([pixel]), order, order);
    expect(counted.filter((each) => !each.startsWith('warned'))).toEqual([
      ...['enqueued 1', 'enqueued 1', 'enqueued 1'],
      ...['filtered 1 duplicate', 'filtered 1 duplicate', 'filtered 1 duplicate'],
    ]);
    expect(builder.build('linger')?.names?.fresh).toHaveLength(3);
  });

  test('an intake of nothing but duplicates for a thousand pixels has bytes, so that it is full in time', () => {
    const map = (): MappingResult => delivery;
    const pixels = Array.from({ length: 1000 }, (_, pixel) => {
      return { pixelId: String(pixel), map, horizonOf: () => null };
    });
    const window = readWindowed({ pixels, route: () => [...pixels.keys()] }, order);
    builder.build('linger');
    window.onWritten();
    expect(builder.bytes).toBe(0);
    for (let n = 0; n < 10; n += 1) read(JSON.stringify({ ...order, n }));
    expect(counted.filter((each) => each.endsWith('duplicate'))).toHaveLength(10_000);
    // Its receipts name each event by 16 bytes, and the window has a name for each pixel.
    expect(builder.bytes).toBeGreaterThanOrEqual(10_000 * 16 + 1000 * 100);
    builder.clear();
    expect(builder.bytes).toBe(0);
  });
});
