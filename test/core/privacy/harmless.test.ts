import { describe, expect, test } from '@jest/globals';
import { parseFilter } from '#core/dead-letter/filter.ts';
import {
  eventIdShown,
  eventNameShown,
  isHarmlessNumber,
  isIsoTime,
  isOpaqueId,
} from '#core/privacy/harmless.ts';
import { withoutTextsOf, withoutValues } from '#core/privacy/message-redaction.ts';
import { facts } from '#test/control/facts.ts';
import { HOSTILE_VALUES } from '#test/support/hostile-values.ts';

describe('forms that cannot be a person’s', () => {
  test.each(HOSTILE_VALUES)('%s has none of them', (value) => {
    expect(isHarmlessNumber(value)).toBe(false);
    expect(isIsoTime(value)).toBe(false);
    expect(isOpaqueId(value)).toBe(false);
    expect(eventNameShown(value)).toMatch(/^custom event #[0-9a-f]{12}$/);
    expect(eventIdShown(value)).toMatch(/^#[0-9a-f]{12}$/);
  });

  test.each([0, 12.5, -3, '19.99', 999_999])('%s is a harmless number', (value) => {
    expect(isHarmlessNumber(value)).toBe(true);
  });

  test.each([
    'a3c1b7d2-9f4e-4c1a-8b6d-2f0e9c7a5b31',
    'ajs-next-a3c1b7d29f4e4c1a8b6d2f0e9c7a5b31',
    '01HZX3K5V8Q2M7N4P6R9S0T1W3',
  ])('%s is an opaque id', (id) => {
    expect(isOpaqueId(id)).toBe(true);
    expect(eventIdShown(id)).toBe(id);
  });

  test.each(['Purchase', 'Order Completed', ' order completed'])(
    '%s is a standard event',
    (name) => {
      expect(eventNameShown(name)).toBe(name);
    },
  );

  test('a reference is the same for the same text, and stays what it is', () => {
    const shown = eventNameShown('Newsletter of Jane');
    expect(shown).toBe(eventNameShown('Newsletter of Jane'));
    expect(shown).not.toBe(eventNameShown('Newsletter of Joe'));
    expect(eventNameShown(shown)).toBe(shown);
    expect(eventIdShown(eventIdShown('order-1'))).toBe(eventIdShown('order-1'));
  });
});

describe('a filter', () => {
  const matches = (text: string, change: Parameters<typeof facts>[0]): boolean => {
    const parsed = parseFilter(text);
    if (!parsed.ok) throw new Error(parsed.problem);
    return parsed.filter.matches(facts(change), 0);
  };

  test.each(['Trial of Jane', eventNameShown('Trial of Jane')])(
    'finds a custom event by %s',
    (name) => {
      expect(matches(`event:"${name}"`, { eventName: eventNameShown('Trial of Jane') })).toBe(true);
      expect(matches(`event:"${name}"`, { eventName: eventNameShown('Trial of Joe') })).toBe(false);
    },
  );

  test('finds names and ids as an earlier release kept them', () => {
    expect(matches('event:"Trial of Jane"', { eventName: 'Trial of Jane' })).toBe(true);
    expect(matches('eventid:order-7', { eventId: 'order-7' })).toBe(true);
    expect(matches('eventid:order-7', { eventId: eventIdShown('order-7') })).toBe(true);
    const parsed = parseFilter('eventid:order-7');
    expect(parsed.ok && parsed.filter.needles).toEqual([]);
  });
});

describe('words of Meta', () => {
  test.each(HOSTILE_VALUES)('lose %s where it is quoted, and where the event holds it', (value) => {
    for (const [first, last] of ['""', '“”', "''", '«»']) {
      expect(
        withoutValues(`Invalid parameter: ${first}${value}${last} is no coupon`),
      ).not.toContain(value);
    }
    const words = `Invalid parameter: ${value.toUpperCase()} is no coupon`;
    const event = { custom_data: { list: [{ coupon: value.toLowerCase() }] } };
    expect(withoutTextsOf(event, words).toLowerCase()).not.toContain(value.toLowerCase());
  });

  test.each([
    "(#100) Param data[7]['custom_data']['currency'] must be a valid ISO 4217 code, not 'EUR'",
    'Invalid parameter: "event_time" of "Purchase" is no number',
    "(#2804050) The 'fbc' parameter doesn't match; see https://developers.facebook.com/docs/",
    "Object with ID of 'website' isn't known, 3 of 12",
  ])('that quote fields alone stay: %s', (words) => {
    expect(withoutValues(words).replace('#[removed]', '#2804050')).toBe(words);
  });

  test('of any length are read in little time', () => {
    for (const piece of ['"', "'a", '1 ', 'DE89 ', '(', '“x”', ' - ']) {
      const words = piece.repeat(Math.ceil(1_048_576 / piece.length));
      expect(withoutValues(words).length).toBeGreaterThan(0);
      expect(withoutTextsOf({ a: words, b: piece }, words).length).toBeGreaterThan(0);
    }
  });
});
