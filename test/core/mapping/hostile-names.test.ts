import { describe, expect, test } from '@jest/globals';
import { parsePixelSettings } from '#config/load.ts';
import { createMapper } from '#core/mapping/mapper.ts';

const NOW = Date.parse('2026-11-20T10:00:00Z');
const NAMES = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'prototype', ''];

function mapper(settings: object) {
  const parsed = parsePixelSettings({ pixelId: '1234567890', ...settings });
  if (!parsed.ok) throw new Error('settings refused');
  return createMapper(parsed.settings);
}

/** As a sender writes it: an object literal cannot have a property of its own called `__proto__`. */
function eventWith(place: string, name: string, value: unknown): object {
  const parts: Record<string, string> = { properties: '{}', traits: '{}', consent: '{}' };
  parts[place] = `{${JSON.stringify(name)}:${JSON.stringify(value)}}`;
  return JSON.parse(`{"type":"track","event":"Lead","timestamp":"2026-11-20T09:00:00Z",
    "properties":${parts['properties']},"context":{"consent":{"categoryPreferences":${parts['consent']}},
    "traits":{"email":"jane@example.com","address":${parts['traits']}}}}`) as object;
}

describe('names that every object inherits', () => {
  test.each(NAMES)('a property %j goes to custom_data under its own name', (name) => {
    const result = mapper({})(eventWith('properties', name, 'v'), NOW);
    expect(result).toMatchObject({ outcome: 'deliver' });
    const { plain } = (result as { event: { plain: { custom_data: object } } }).event;
    expect(Object.entries(plain.custom_data)).toEqual([[name, 'v']]);
  });

  test.each([{}, { customDataAllowList: ['__proto__'] }])(
    '__proto__ is no property',
    (settings) => {
      const result = mapper(settings)(eventWith('properties', '__proto__', { value: 7 }), NOW);
      expect(result).toMatchObject({ outcome: 'deliver' });
      const text = JSON.stringify(result);
      expect(text).not.toContain('"value":7');
      const { plain } = (result as { event: { plain: { custom_data?: object } } }).event;
      expect(Object.getPrototypeOf(plain.custom_data ?? {})).toBe(Object.prototype);
    },
  );

  test.each(['__proto__', ...NAMES])('%j in an address or in consents means nothing', (name) => {
    for (const place of ['traits', 'consent']) {
      expect(mapper({})(eventWith(place, name, true), NOW)).toMatchObject({ outcome: 'deliver' });
    }
    const strict = mapper({ consentCategories: ['constructor'] });
    expect(strict(eventWith('consent', 'x', true), NOW)).toMatchObject({ reason: 'no_consent' });
  });

  test.each([
    { valueFieldIdentifier: 'properties.constructor' },
    { valueFieldIdentifier: 'properties.__proto__' },
    { alternativeExternalIdField: 'properties.constructor.name' },
    { eventMappings: { constructor: 'Purchase', valueOf: 'Lead' } },
  ])('settings may name them: %j', (settings) => {
    const result = mapper(settings)(eventWith('properties', 'a', 'b'), NOW);
    expect(result).toMatchObject({ outcome: 'deliver' });
  });

  test('an event called like one of them is a custom event', () => {
    const event = { ...eventWith('properties', 'a', 'b'), event: 'constructor' };
    expect(mapper({})(event, NOW)).toMatchObject({
      event: { plain: { event_name: 'constructor' } },
    });
  });
});

test.each([3000, 100_000])('%i levels anywhere are mapped or refused', (levels) => {
  const deep = JSON.parse(`${'{"a":['.repeat(levels / 2)}1${']}'.repeat(levels / 2)}`) as unknown;
  const event = eventWith('properties', 'a', 'b') as Record<string, unknown>;
  for (const name of ['event', 'properties', 'context', 'timestamp', 'integrations', 'userId']) {
    expect(['deliver', 'filter', 'reject']).toContain(
      mapper({})({ ...event, [name]: deep }, NOW).outcome,
    );
    expect(mapper({})({ ...event, [name]: deep }, NOW)).not.toMatchObject({
      reason: 'mapping_failed',
    });
  }
});

test('an event on which the mapping fails is rejected, with the place and nothing of the event', () => {
  const event = {
    ...eventWith('properties', 'a', 'b'),
    get context(): never {
      throw new TypeError('jane@example.com');
    },
  };
  const result = mapper({})(event, NOW);
  expect(result).toEqual({
    outcome: 'reject',
    reason: 'mapping_failed',
    message: expect.stringMatching(
      /^the mapping failed on this event: TypeError at [\w.-]+\.ts:\d+$/,
    ),
  });
});

test('a property list of a hundred thousand names is mapped', () => {
  const names = Array.from({ length: 100_000 }, (_, at) => `"p${at}":${at}`);
  const event = eventWith('properties', 'a', 'b');
  const properties = JSON.parse(`{${names.join()}}`) as object;
  expect(mapper({})({ ...event, properties }, NOW)).toMatchObject({ outcome: 'deliver' });
});
