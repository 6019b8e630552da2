import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  CONSENT_FORMATS,
  CONSENT_PATHS,
  type ConsentSettings,
} from '#core/consent/consent-settings.ts';
import { readGrants } from '#core/consent/grants.ts';
import { browser, judge, outcome, track } from '../mapping/mapped.ts';

/** Purposes 1, 2 and 3. Source: IAB Tech Lab, TCF v2, the example of the specification. */
const TC_STRING = 'COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAI';

const COOKIE =
  'isGpcEnabled=0&datestamp=Fri+Nov+20+2026&version=202409.1.0&hosts=&groups=C0001%3A1%2CC0004%3A0&geolocation=DE%3BBE';

function requiring(settings: Partial<ConsentSettings>): ConsentSettings {
  return { allOf: [], anyOf: [], paths: CONSENT_PATHS, format: 'auto', ...settings };
}

function consenting(value: unknown) {
  return track({ context: browser({ consent: { categoryPreferences: value } }) });
}

/** Whether a value grants a category. */
function grants(value: unknown, category: string, format: ConsentSettings['format'] = 'auto') {
  const consent = requiring({ allOf: [category], format });
  return outcome(consenting(value), { consent }) === 'deliver';
}

describe('what grants a category', () => {
  test.each<[string, unknown, string]>([
    ["Segment's preferences", { Advertising: true, Analytics: false }, 'Advertising'],
    ["Google's consent mode", { ad_storage: 'granted', ad_user_data: 'denied' }, 'ad_storage'],
    ['purposes of the CMP API', { 1: true, 2: false }, '1'],
    ['a list', ['C0001', ' C0004 '], 'C0004'],
    ['a list of purposes', [1, 3, 4], '3'],
    ['groups of OneTrust', 'C0001:1,C0002:0', 'C0001'],
    ['groups of OneTrust with spaces', ' C0001:1 , C0002:0 ', 'C0001'],
    ['the whole cookie', COOKIE, 'C0001'],
    ['active groups', ',C0001,C0003,', 'C0003'],
    ['a single group', 'C0001', 'C0001'],
    ['allowed ids', { allowedConsentIds: ['C0004'], deniedConsentIds: ['C0002'] }, 'C0004'],
    ['allowed ids alone', { allowedConsentIds: ['C0004'] }, 'C0004'],
    ['allowed ids with names', { allowedConsentIds: { C0004: 'Targeting' } }, 'C0004'],
    ['enabled purposes', { enabled: ['cookies'], disabled: ['ads'] }, 'cookies'],
    ['a service by its name', [{ templateId: 't', dataProcessor: 'Ads', status: true }], 'Ads'],
    ['a service by its id', [{ templateId: 't', dataProcessor: 'Ads', status: true }], 't'],
    ['categories of such names', { enabled: true, disabled: false }, 'enabled'],
  ])('%s', (_case, value, category) => expect(grants(value, category)).toBe(true));

  test('a purpose of a TC string', () => {
    const granted = (purpose: string) => grants(TC_STRING, purpose, 'tcString');
    expect(['1', '2', '3', '4', '24'].map(granted)).toEqual([true, true, true, false, false]);
  });
});

describe('what refuses a category', () => {
  test.each<[string, unknown, string]>([
    ['false', { Advertising: false }, 'Advertising'],
    ['a category in another case', { advertising: true }, 'Advertising'],
    ['a text that says true', { Advertising: 'true' }, 'Advertising'],
    ['1', { Advertising: 1 }, 'Advertising'],
    ['denied', { ad_user_data: 'denied' }, 'ad_user_data'],
    ['a member that every object has', {}, 'constructor'],
    ['a prototype', { Advertising: true }, '__proto__'],
    ['a list without it', ['C0001'], 'C0004'],
    ['an empty list', [], 'C0004'],
    ['a list with an object in it', ['C0004', {}], 'C0004'],
    ['a list with half a number in it', ['C0004', 1.5], 'C0004'],
    ['a list of too many', Array(1001).fill('C0004'), 'C0004'],
    ['a group that is off', 'C0001:1,C0004:0', 'C0004'],
    ['a group that is on and off', 'C0004:1,C0004:0', 'C0004'],
    ['a group with another mark', 'C0004:2', 'C0004'],
    ['a group without a mark among others', 'C0001:1,C0004', 'C0004'],
    ['a cookie with two lists of groups', `${COOKIE}&groups=C0004%3A1`, 'C0004'],
    ['part of a name', ',C00041,', 'C0004'],
    ['an empty text', '', 'C0004'],
    ['a text too long', `C0004,${'x'.repeat(9000)}`, 'C0004'],
    ['denied ids', { allowedConsentIds: ['C0004'], deniedConsentIds: ['C0004'] }, 'C0004'],
    ['denied ids alone', { deniedConsentIds: [] }, 'C0004'],
    ['denied ids that are no list', { allowedConsentIds: ['C0004'], deniedConsentIds: 1 }, 'C0004'],
    ['allowed ids that are a text', { allowedConsentIds: 'C0004' }, 'C0004'],
    ['allowed ids that are marked', { allowedConsentIds: { C0004: false } }, 'C0004'],
    ['disabled purposes', { enabled: ['ads'], disabled: ['ads'] }, 'ads'],
    ['purposes by id', { enabled: { ads: { enabled: false } } }, 'ads'],
    ['a service that is off', [{ dataProcessor: 'Ads', status: false }], 'Ads'],
    [
      'a service that is on and off',
      [
        { dataProcessor: 'Ads', status: true },
        { dataProcessor: 'Ads', status: false },
      ],
      'Ads',
    ],
    ['a service that is not listed', [{ dataProcessor: 'Ads', status: true }, null], 'Maps'],
    ['a number', 1, 'C0004'],
    ['true', true, 'C0004'],
    ['a TC string that is not asked for', TC_STRING, '1'],
  ])('%s', (_case, value, category) => expect(grants(value, category)).toBe(false));

  test.each<[string, unknown, string]>([
    ['a purpose beyond the last', TC_STRING, '25'],
    ['a purpose in other words', TC_STRING, '01'],
    ['purpose zero', TC_STRING, '0'],
    ['half a TC string', TC_STRING.slice(0, 20), '1'],
    ['a TC string of version 1', `B${TC_STRING.slice(1)}`, '1'],
    ['no base64', `C$${TC_STRING.slice(2)}`, '1'],
    ['a list in place of a TC string', ['1'], '1'],
  ])('%s', (_case, value, purpose) => expect(grants(value, purpose, 'tcString')).toBe(false));

  test.each<[ConsentSettings['format'], unknown]>([
    ['categories', ['A']],
    ['categories', 'A'],
    ['list', { A: true }],
    ['list', 'A'],
    ['text', ['A']],
    ['services', ['A']],
    ['allowedAndDenied', { A: true }],
    ['allowedAndDenied', 'A'],
  ])('another shape than %s: %j', (format, value) => {
    expect([grants(value, 'A'), grants(value, 'A', format)]).toEqual([true, false]);
  });
});

describe('what a pixel requires', () => {
  const given = consenting({ A: true, B: true, C: false });

  test.each<[Partial<ConsentSettings>, string]>([
    [{ allOf: ['A', 'B'] }, 'deliver'],
    [{ allOf: ['A', 'C'] }, 'filter no_consent'],
    [{ anyOf: ['C', 'B'] }, 'deliver'],
    [{ anyOf: ['C', 'D'] }, 'filter no_consent'],
    [{ allOf: ['A'], anyOf: ['B', 'C'] }, 'deliver'],
    [{ allOf: ['A'], anyOf: ['C'] }, 'filter no_consent'],
    [{ allOf: ['C'], anyOf: ['A'] }, 'filter no_consent'],
  ])('%j: %s', (settings, expected) => {
    expect(outcome(given, { consent: requiring(settings) })).toBe(expected);
  });

  test('consentCategories beside it must hold too', () => {
    const consent = requiring({ allOf: ['A'] });
    expect(outcome(given, { consent, consentCategories: ['B'] })).toBe('deliver');
    expect(outcome(given, { consent, consentCategories: ['C'] })).toBe('filter no_consent');
    const other = requiring({ allOf: ['C'] });
    expect(outcome(given, { consent: other, consentCategories: ['A'] })).toBe('filter no_consent');
  });

  test('of several paths, the first with a value decides', () => {
    const paths = ['context.first', 'properties.second'];
    const consent = requiring({ allOf: ['A'], paths });
    const event = (first: unknown, second: unknown) =>
      track({ context: browser({ first }), properties: { second } });
    expect(outcome(event(null, ['A']), { consent })).toBe('deliver');
    expect(outcome(event(['A'], ['B']), { consent })).toBe('deliver');
    expect(outcome(event(['B'], ['A']), { consent })).toBe('filter no_consent');
    expect(outcome(event(7, ['A']), { consent })).toBe('filter no_consent');
  });
});

describe('the message says what is missing and where, and never what the event has', () => {
  const at = 'context.consent.categoryPreferences';

  test.each<[string, unknown, Partial<ConsentSettings>, string]>([
    ['nothing', undefined, { allOf: ['A'] }, `the event says nothing about consent at ${at}`],
    ['nothing readable', 7, { allOf: ['A'] }, 'cannot be read, which counts as refused'],
    ['one of all', { A: true }, { allOf: ['A', 'B'] }, `the consent at ${at} does not grant B`],
    ['each of any', { X: true }, { anyOf: ['A', 'B'] }, 'grants none of A, B'],
  ])('%s', (_case, value, settings, message) => {
    expect(judge(consenting(value), { consent: requiring(settings) })).toEqual({
      outcome: 'filter',
      reason: 'no_consent',
      message: expect.stringContaining(message),
    });
  });
});

test('no value at all makes reading fail, or grants what it does not name', () => {
  const value = fc.oneof(fc.jsonValue(), fc.string(), fc.base64String());
  fc.assert(
    fc.property(value, fc.constantFrom(...CONSENT_FORMATS), (given, format) => {
      expect(readGrants(given, format)?.('a category') ?? false).toBe(false);
    }),
  );
});
