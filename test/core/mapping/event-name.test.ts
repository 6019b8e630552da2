import { describe, expect, test } from '@jest/globals';
import { DEFAULT_MAPPINGS, STANDARD_EVENTS } from '#core/mapping/event-name.ts';
import { delivered, outcome, track } from './mapped.ts';

const PRICED = { properties: { revenue: 1 } };
const nameOf = (event: string, eventMappings = {}): string =>
  delivered(track({ event, ...PRICED }), { eventMappings }).plain.event_name;

describe('default mappings', () => {
  test.each([
    ['Checkout Started', 'InitiateCheckout'],
    ['Order Completed', 'Purchase'],
    ['Product Added', 'AddToCart'],
    ['Product List Viewed', 'ViewContent'],
    ['Product Viewed', 'ViewContent'],
    ['Products Searched', 'Search'],
  ])('%s is %s', (event, expected) => {
    expect(nameOf(event)).toBe(expected);
    expect(DEFAULT_MAPPINGS).toHaveProperty([event], expected);
  });

  test('there are six', () => expect(Object.keys(DEFAULT_MAPPINGS)).toHaveLength(6));

  test.each(['order completed', ' Order Completed ', 'ORDER COMPLETED', '\tOrder completed\n'])(
    'case and outer spaces do not count: %j',
    (event) => expect(nameOf(event)).toBe('Purchase'),
  );
});

describe('custom mappings', () => {
  test.each<[string, string, Record<string, string>, string]>([
    ['an event of its own', 'Trial Begun', { 'Trial Begun': 'StartTrial' }, 'StartTrial'],
    ['comes before a default', 'Order Completed', { 'Order Completed': 'Lead' }, 'Lead'],
    ['without regard to case', 'order completed', { 'Order Completed': 'Lead' }, 'Lead'],
    ['before a default of another case', 'Order Completed', { 'order completed': 'Lead' }, 'Lead'],
    ['the exact one first', 'signup', { Signup: 'Lead', signup: 'Contact' }, 'Contact'],
    ['the first one of another case', 'SIGNUP', { Signup: 'Lead', signup: 'Contact' }, 'Lead'],
    ['to a custom name', 'Order Completed', { 'Order Completed': 'Bought' }, 'Bought'],
    ['to a standard name in any case', 'Bought', { Bought: ' purchase ' }, 'Purchase'],
    ['of a standard name', 'Lead', { Lead: 'Contact' }, 'Contact'],
    ['to nothing is none', 'Bought', { Bought: ' ' }, 'Bought'],
  ])('%s', (_case, event, mappings, expected) => {
    expect(nameOf(event, mappings)).toBe(expected);
  });
});

describe('other names', () => {
  test.each(STANDARD_EVENTS)('the standard event %s passes through', (name) => {
    expect(nameOf(name)).toBe(name);
    expect(nameOf(` ${name.toLowerCase()}`)).toBe(name);
  });

  test.each([
    ['as it is', 'Clicked Email', 'Clicked Email'],
    ['trimmed', '  Clicked Email ', 'Clicked Email'],
    ['of 50 characters', 'x'.repeat(50), 'x'.repeat(50)],
    ['of 50 characters that take two units each', '🎉'.repeat(50), '🎉'.repeat(50)],
    ['with half a character', 'a\ud800', 'a\ufffd'],
    ['that objects inherit', 'constructor', 'constructor'],
    ['__proto__', '__proto__', '__proto__'],
  ])('an unmapped name becomes a custom event: %s', (_case, event, expected) => {
    expect(nameOf(event)).toBe(expected);
  });

  test.each([
    ['Mail to jo@x.com!', 'Mail to _removed_!'],
    ['jo@x.com@y.com', '_removed_'],
    ['logo@2x.png', 'logo@2x.png'],
  ])('an e-mail address does not stay in it: %s', (event, expected) => {
    const { plain, warnings } = delivered(track({ event }));
    expect(plain.event_name).toBe(expected);
    expect(warnings).toEqual(expected === event ? [] : ['personal_data_removed event']);
  });

  test.each([
    ['51 characters', track({ event: 'x'.repeat(51) }), {}],
    ['51 characters of two units', track({ event: '🎉'.repeat(51) }), {}],
    ['a mapping to 51', track({ event: 'a' }), { eventMappings: { a: 'x'.repeat(51) } }],
  ])('a custom name over 50 characters is refused: %s', (_case, event, settings) => {
    expect(outcome(event, settings)).toBe('reject name_too_long');
  });

  test('51 characters that are mapped are no matter', () => {
    const event = 'x'.repeat(51);
    expect(nameOf(event, { [event]: 'Lead' })).toBe('Lead');
  });

  test.each([undefined, null, '', '  ', 5, true, {}, ['x']])('no name at all: %j', (event) => {
    expect(outcome(track({ event }))).toBe('reject invalid_event');
  });
});
