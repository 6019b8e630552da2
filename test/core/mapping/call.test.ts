import { describe, expect, test } from '@jest/globals';
import { browser, delivered, outcome, track } from './mapped.ts';

describe('what is no Track call', () => {
  test.each([
    ...['identify', 'group', 'alias', 'page', 'screen', 'delete', 'Identify'].map((type) => [type]),
  ])('%s is filtered', (type) => {
    expect(outcome(track({ type }))).toBe('filter not_track');
  });

  test.each([null, undefined, 5, 'x', [], [track()], true])('%j is refused', (event) => {
    expect(outcome(event)).toBe('reject invalid_event');
  });

  test.each([
    ['neither type nor name', {}],
    ['a type that is no text', track({ type: 5 })],
  ])('%s is refused', (_case, event) => {
    expect(outcome(event)).toBe('reject invalid_event');
  });

  test.each([
    ['without type', { type: undefined }],
    ['of type null', { type: null }],
    ['in capitals', { type: 'TRACK' }],
  ])('a Track call %s is one', (_case, fields) => expect(outcome(track(fields))).toBe('deliver'));
});

describe('page and screen calls, where a pixel asks for them', () => {
  const sendPageViews = true;

  test.each(['page', 'screen', 'Page'])('%s becomes PageView', (type) => {
    const { plain } = delivered(track({ type, event: undefined, name: 'Home' }), { sendPageViews });
    expect(plain.event_name).toBe('PageView');
  });

  test('a page call may name its address among its properties', () => {
    const event = track({
      type: 'page',
      context: { userAgent: 'Mozilla/5.0' },
      properties: { url: 'https://shop.example/a', title: 'A' },
    });
    const { plain, custom, warnings } = delivered(event, { sendPageViews });
    expect(plain.event_source_url).toBe('https://shop.example/a');
    expect(custom).toEqual({ url: 'https://shop.example/a', title: 'A' });
    expect(warnings).toEqual([]);
  });

  test('other calls are filtered still', () => {
    expect(outcome(track({ type: 'identify' }), { sendPageViews })).toBe('filter not_track');
  });
});

describe('integrations', () => {
  const API = 'Facebook Conversions API';

  test.each<[string, unknown, string]>([
    ['nothing said', undefined, 'deliver'],
    ['no object', 'none', 'deliver'],
    ['all of them', { All: true }, 'deliver'],
    ['none of them', { All: false }, 'filter integration_disabled'],
    ['none of them, in small letters', { all: false }, 'filter integration_disabled'],
    ['none but this', { All: false, [API]: true }, 'deliver'],
    ['none but this, with options', { All: false, [API]: {} }, 'deliver'],
    ['all but this', { All: true, [API]: false }, 'filter integration_disabled'],
    ['not this', { [API]: false }, 'filter integration_disabled'],
    ['not another', { 'Facebook Pixel': false }, 'deliver'],
    ['its successor', { [`${API} (Actions)`]: false }, 'filter integration_disabled'],
    ['its slug', { 'facebook-conversions-api': false }, 'filter integration_disabled'],
    ['another slug', { 'actions-facebook-conversions-api': false }, 'filter integration_disabled'],
    ['in one word', { facebookConversionsApi: false }, 'filter integration_disabled'],
    ['its former name', { 'Facebook Pixel Server-Side': false }, 'filter integration_disabled'],
    ['none but its successor', { All: false, [`${API} (Actions)`]: true }, 'deliver'],
  ])('%s', (_case, integrations, expected) => {
    expect(outcome(track({ integrations }))).toBe(expected);
  });
});

describe('consent', () => {
  const consentCategories = ['Advertising', 'Analytics'];
  const consenting = (categoryPreferences: unknown) =>
    track({ context: browser({ consent: { categoryPreferences } }) });

  test.each<[string, unknown, string]>([
    ['all given', { Advertising: true, Analytics: true, Other: false }, 'deliver'],
    ['one refused', { Advertising: false, Analytics: true }, 'filter no_consent'],
    ['one not mentioned', { Advertising: true }, 'filter no_consent'],
    ['one that is not quite true', { Advertising: 'true', Analytics: true }, 'filter no_consent'],
    ['no object', 'all', 'filter no_consent'],
  ])('%s', (_case, preferences, expected) => {
    expect(outcome(consenting(preferences), { consentCategories })).toBe(expected);
  });

  test('nothing said at all is no consent', () => {
    expect(outcome(track(), { consentCategories })).toBe('filter no_consent');
    expect(outcome(track({ context: undefined }), { consentCategories })).toBe('filter no_consent');
  });

  test('a pixel that asks for nothing does not look', () => {
    expect(outcome(consenting({ Advertising: false }))).toBe('deliver');
  });
});
