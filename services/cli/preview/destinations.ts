import type { Configuration } from '#config/configuration.ts';
import { parsePixelSettings } from '#config/load.ts';
import { jsonText } from '#core/event/json-text.ts';
import type { PixelSettings } from '#core/event/pixel-settings.ts';
import { createRouter } from '#core/event/routing.ts';
import { asObject } from '#core/event/track-event.ts';
import type { Trace } from '#core/mapping/draft.ts';
import { createMapper, type Mapper } from '#core/mapping/mapper.ts';
import type { Input, Refusal } from './input.ts';

/** A pixel that an event may go to. */
export interface Destination {
  readonly settings: PixelSettings;
  readonly map: Mapper;
}

/** Settings that are remembered, since lines often repeat them. */
const MOST_SETTINGS = 500;

const NO_PIXEL: Refusal = {
  reason: 'no_pixel',
  message: 'no pixel of the configuration asks for this event',
};

/**
 * Where the event of a line goes: to the pixel whose settings the line carries; else to those of
 * the configuration that ask for it; else to a pixel with the default settings.
 *
 * @param trace for mappers that explain themselves
 */
export function createDestinations(
  configuration: Configuration | null,
  trace: Trace | null,
): (input: Input) => readonly Destination[] | Refusal {
  const bySettings = createSettingsReader(trace);
  const configured =
    configuration?.pixels.map((settings) => ({ settings, map: createMapper(settings, trace) })) ??
    null;
  const route = createRouter(configuration?.pixels ?? []);

  return ({ event, settings }) => {
    if (settings !== undefined || configured === null) return bySettings(settings ?? {});
    const wanted = route(null, asObject(event) ?? {});
    const found = wanted.flatMap((index) => configured[index] ?? []);
    return found.length > 0 ? found : NO_PIXEL;
  };
}

function createSettingsReader(
  trace: Trace | null,
): (settings: unknown) => readonly Destination[] | Refusal {
  const known = new Map<string, readonly Destination[] | Refusal>();
  return (settings) => {
    const key = jsonText(settings);
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = destinationOf(settings, trace);
    if (known.size < MOST_SETTINGS) known.set(key, found);
    return found;
  };
}

function destinationOf(input: unknown, trace: Trace | null): readonly Destination[] | Refusal {
  const parsed = parsePixelSettings(input);
  if (parsed.ok) {
    return [{ settings: parsed.settings, map: createMapper(parsed.settings, trace) }];
  }
  const problems = parsed.problems.map(
    ({ path, message, fix }) => `settings.${path}: ${message} → ${fix}`,
  );
  return { reason: 'invalid_settings', message: problems.join('; ') };
}
