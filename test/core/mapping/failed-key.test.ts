import { describe, expect, test } from '@jest/globals';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { failedKeyOf } from '#core/user-data/failed-key.ts';
import { MATCH_KEYS } from '#ingest/metrics.ts';
import { TRACK_EVENT_TIME, trackEvent } from '#test/support/track-event.ts';

function failedKeys(overrides: { [field: string]: unknown }): (string | null)[] {
  const map = createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' });
  const result = map(trackEvent(overrides), TRACK_EVENT_TIME + 1000);
  return result.outcome === 'deliver' ? result.warnings.map(failedKeyOf) : [result.reason];
}

describe('what cannot be made canonical counts for its field', () => {
  test.each([
    ['em', { context: { traits: { email: 'nobody' } } }],
    ['ph', { context: { traits: { phone: 'none' } } }],
    ['fn', { context: { traits: { firstName: '!!!' } } }],
    ['ln', { context: { traits: { lastName: 'N/A' } } }],
    ['db', { context: { traits: { birthday: 'long ago' } } }],
    ['ge', { context: { traits: { gender: 'unsaid' } } }],
    ['ct', { context: { traits: { address: { city: '…' } } } }],
    ['country', { context: { traits: { address: { country: 'Atlantis' } } } }],
    ['client_ip_address', { context: { ip: 'here' } }],
    ['fbc', { properties: { fbc: 'click' } }],
    ['fbc', { properties: { fbc: 'fb.1.1554763741205.AbC' } }],
    ['fbp', { properties: { fbp: 'browser' } }],
  ])('%s', (key, overrides) => {
    expect(failedKeys(overrides)).toContain(key);
    expect(MATCH_KEYS).toContain(key);
  });

  test('and counts for the field that the pixel fills from there', () => {
    const fields = { fn: 'properties.given', event_id: ['properties.given', 'messageId'] };
    const map = createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', fields });
    const result = map(trackEvent({ properties: { given: 'N/A' } }), TRACK_EVENT_TIME + 1000);
    const warnings = result.outcome === 'deliver' ? result.warnings : [];
    const keys = warnings.map((each) => [each.code, each.path, failedKeyOf(each)]);
    expect(keys).toContainEqual(['placeholder_value', 'properties.given', 'fn']);
    expect(keys).toContainEqual(['placeholder_value', 'properties.given', null]);
  });

  test('and what is wrong with anything else for none', () => {
    expect(failedKeys({ messageId: undefined })).toEqual([null]);
  });
});
