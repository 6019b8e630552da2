import { expect, test } from '@jest/globals';
import { DEFAULT_PIXEL_SETTINGS, type PixelSettings } from '#core/event/pixel-settings.ts';
import { createMappings } from '#ingest/intake/mappings.ts';

const NOW = Date.parse('2026-11-28T10:00:00Z');
const EVERYWHERE = {};

function pixel(pixelId: string, settings: Partial<PixelSettings> = {}) {
  return { ...DEFAULT_PIXEL_SETTINGS, pixelId, events: EVERYWHERE, ...settings };
}

const mapsOf = (...pixels: ReturnType<typeof pixel>[]) =>
  createMappings(pixels).pixels.map(({ map }) => map);

test('pixels with the same settings share what is compiled of them, whatever else they have', () => {
  const token = { accessToken: 'another', weight: 3 };
  const [one, other] = mapsOf(pixel('1'), { ...pixel('2'), ...token });
  expect(one).toBe(other);
});

test.each<Partial<PixelSettings>>([
  { defaultCurrency: 'EUR' },
  { eventMappings: { 'Order Completed': 'Lead' } },
  { customDataAllowList: ['city'] },
  { fields: { 'custom_data.a': 'properties.a' } },
  { hashExternalId: false },
  { defaultCountry: 'DE' },
  { consentCategories: ['ads'] },
])('one with other settings has its own: %j', (settings) => {
  const [one, other, again] = mapsOf(pixel('1'), pixel('2', settings), pixel('3'));
  expect([one === other, one === again]).toEqual([false, true]);
});

test('each maps as its own settings say', () => {
  const event = {
    type: 'track',
    event: 'Order Completed',
    messageId: 'm',
    timestamp: new Date(NOW).toISOString(),
    userId: 'u',
    context: { userAgent: 'x', page: { url: 'https://example.com' } },
    properties: { revenue: 5 },
  };
  const [dollars, euros] = mapsOf(pixel('1'), pixel('2', { defaultCurrency: 'EUR' }));
  const shown = [dollars, euros].map((map) => JSON.stringify(map?.(event, NOW)));
  expect(shown[0]).toContain('"currency":"USD"');
  expect(shown[1]).toContain('"currency":"EUR"');
});
