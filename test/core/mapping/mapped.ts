import { DEFAULT_PIXEL_SETTINGS, type PixelSettings } from '#core/event/pixel-settings.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import type { MappingResult } from '#core/mapping/mapping-result.ts';
import { sentJson } from '#core/record/record.ts';

type Json = Readonly<Record<string, unknown>>;

/** 20 November 2026, 10:00 UTC, Unix ms. */
export const NOW = Date.parse('2026-11-20T10:00:00Z');

/** A minute before {@link NOW}. */
export const HAPPENED = '2026-11-20T09:59:00.000Z';

/** What becomes of an event for a pixel with some settings of its own. */
export function judge(event: unknown, settings: Partial<PixelSettings> = {}): MappingResult {
  return createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', ...settings })(event, NOW);
}

/** A Track event that needs nothing else to be delivered without a warning. */
export function track(overrides: Json = {}): Json {
  return {
    type: 'track',
    event: 'Clicked',
    messageId: 'm1',
    userId: 'u1',
    timestamp: HAPPENED,
    context: browser(),
    ...overrides,
  };
}

/** A context of a website, with more in it. */
export function browser(overrides: Json = {}): Json {
  return { userAgent: 'Mozilla/5.0', page: { url: 'https://shop.example/' }, ...overrides };
}

/** A delivered event: its plain part, its canonical personal values, and the codes of its warnings. */
export function delivered(event: unknown, settings: Partial<PixelSettings> = {}) {
  const result = judge(event, settings);
  if (result.outcome !== 'deliver') throw new Error(`not delivered: ${JSON.stringify(result)}`);
  const { plain, personal } = result.event;
  return {
    plain,
    personal,
    user: plain.user_data,
    custom: plain.custom_data ?? {},
    sent: JSON.parse(sentJson(result.event)),
    warnings: result.warnings.map(({ code, path }) => `${code} ${path}`),
  };
}

/** `deliver`, or the reason why not. */
export function outcome(event: unknown, settings: Partial<PixelSettings> = {}): string {
  const result = judge(event, settings);
  return result.outcome === 'deliver' ? 'deliver' : `${result.outcome} ${result.reason}`;
}
