import { describe, expect, test } from '@jest/globals';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { writeMessage } from '#core/event/kafka-message.ts';
import { DEFAULT_PIXEL_SETTINGS, type PixelSettings } from '#core/event/pixel-settings.ts';
import type { Route } from '#core/event/routing.ts';
import { readRecord } from '#core/record/record.ts';
import { createRemap } from '#store/dead-letters/replay/remap.ts';

const NOW = Date.parse('2026-11-20T10:00:00Z');
const NEW = { path: 'properties.is_new', equals: true };
const RULES = [
  { when: NEW, eventName: 'NewCustomer', instead: false, testEventCode: null },
  { when: { not: NEW }, eventName: 'Returning', instead: false, testEventCode: null },
];

const FACTS: DeadLetterFacts = {
  id: 'p.0',
  pixelId: '1',
  stage: 'ingest',
  reason: 'missing_value',
  message: 'a Purchase needs a value',
  kafka: { topic: 't', partition: 0, offset: 7, timestamp: NOW },
  diedAt: NOW,
  horizon: null,
  eventName: 'Order Completed',
  eventId: 'm-1',
  attempts: 0,
  replays: 0,
  refusal: null,
  unknown: false,
  holds: 'message',
};

function event(properties: object): object {
  return {
    type: 'track',
    event: 'Order Completed',
    messageId: 'm-1',
    timestamp: '2026-11-20T09:00:00Z',
    context: { traits: { email: 'jane@example.com' } },
    properties,
  };
}

/** What becomes of a dead letter, each as the name of its event or its reason. */
function remapped(
  facts: Partial<DeadLetterFacts>,
  properties: object,
  pixel: Partial<PixelSettings & { events: Route }> = {},
): readonly string[] | string {
  const settings = { ...DEFAULT_PIXEL_SETTINGS, eventRules: RULES, events: {}, pixelId: '1' };
  const remap = createRemap([{ ...settings, ...pixel }], { maxMessageBytes: 10_000 });
  const value = Buffer.from(JSON.stringify(event(properties)));
  const content = writeMessage({ key: null, value, headers: {} });
  const results = remap({ ...FACTS, ...facts }, content, NOW);
  if (typeof results === 'string') return results;
  return results.map((result) => {
    if (result.kind !== 'queued') return `${result.kind} ${result.reason}`;
    const { plain } = readRecord(result.line);
    return `queued ${String(plain['event_name'])} ${String(plain['event_id'])}`;
  });
}

describe('a dead letter whose message names a schema', () => {
  const settings = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', events: {} };
  const remap = createRemap([settings], { maxMessageBytes: 10_000 });
  const json = Buffer.from(JSON.stringify(event({ revenue: 5 })));
  const encoded = Buffer.of(0, 0, 0, 0, 7, 1);
  const undecodable = {
    ...FACTS,
    pixelId: null,
    reason: 'undecodable',
    message: 'm',
    schema: 7,
  } as const;

  test('is sent by the JSON that it holds', () => {
    const content = writeMessage({ key: null, value: json, headers: {}, encoded });
    expect(remap({ ...FACTS, schema: 7 }, content, NOW)).toMatchObject([{ kind: 'queued' }]);
    expect(remap(undecodable, content, NOW)).toMatchObject([{ kind: 'queued' }]);
  });

  test('stays undecodable while it holds none', () => {
    const content = writeMessage({ key: null, value: encoded, headers: {} });
    const dead = { kind: 'dead', reason: 'undecodable' };
    expect(remap(undecodable, content, NOW)).toEqual([{ ...dead, pixelId: null, message: 'm' }]);
    expect(remap({ ...FACTS, schema: 7 }, content, NOW)).toEqual([
      { ...dead, pixelId: '1', message: expect.stringContaining('schema 7') },
    ]);
  });
});

describe('a dead letter of a pixel with rules', () => {
  const sold = { revenue: 5, is_new: true };
  test.each<[string, Partial<DeadLetterFacts>, object, readonly string[]]>([
    [
      'that is the whole event becomes all its events',
      {},
      sold,
      ['queued Purchase m-1', 'queued NewCustomer m-1:NewCustomer'],
    ],
    ['that is the first event becomes the first', { part: null }, sold, ['queued Purchase m-1']],
    [
      'that is one of a rule becomes that one',
      { part: 'NewCustomer' },
      sold,
      ['queued NewCustomer m-1:NewCustomer'],
    ],
    ['whose rule does not hold is left out', { part: 'Returning' }, sold, ['filtered no_rule']],
    ['whose rule is gone is left out', { part: 'Gone' }, sold, ['filtered no_rule']],
    [
      'that is the whole event may be refused in part',
      {},
      { is_new: true },
      ['dead missing_value', 'queued NewCustomer m-1:NewCustomer'],
    ],
    ['that is the first event may be refused again', { part: null }, {}, ['dead missing_value']],
  ])('%s', (_name, facts, properties, expected) => {
    expect(remapped(facts, properties)).toEqual(expected);
  });

  test('says which of its events is refused now', () => {
    const settings = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', events: {}, eventRules: RULES };
    const remap = createRemap([settings], { maxMessageBytes: 10_000 });
    const value = Buffer.from(JSON.stringify(event({ is_new: true })));
    const results = remap(FACTS, writeMessage({ key: null, value, headers: {} }), NOW);
    expect(results).toMatchObject([{ kind: 'dead', part: null }, { kind: 'queued' }]);
  });

  test('becomes one event where the rules have been removed', () => {
    const without = { eventRules: [] };
    expect(remapped({}, sold, without)).toEqual(['queued Purchase m-1']);
    expect(remapped({ part: null }, sold, without)).toEqual(['queued Purchase m-1']);
    expect(remapped({ part: 'NewCustomer' }, sold, without)).toEqual(['filtered no_rule']);
  });

  test('is left out where the pixel denies it since', () => {
    const events = { deny: NEW };
    expect(remapped({ part: 'NewCustomer' }, sold, { events })).toEqual(['filtered denied']);
  });
});
