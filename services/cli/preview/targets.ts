import type { Configuration } from '#config/configuration.ts';
import { parsePixelSettings } from '#config/load.ts';
import { jsonText } from '#core/event/json-text.ts';
import type { PixelSettings } from '#core/event/pixel-settings.ts';
import { createRouter } from '#core/event/routing.ts';
import { asObject } from '#core/event/track-event.ts';
import type { Trace } from '#core/mapping/draft.ts';
import { createMapper, type Mapper } from '#core/mapping/mapper.ts';
import type { PreviewInput, Unmapped } from './input.ts';

/** A pixel that an event is mapped for. */
interface PreviewTarget {
  readonly settings: PixelSettings;
  readonly map: Mapper;
}

/** Parsed settings are cached, since lines often repeat them. */
const MOST_CACHED = 500;

const NO_PIXEL: Unmapped = {
  reason: 'no_pixel',
  message: 'no pixel of the configuration selects this event',
};

/**
 * Selects the pixels for a line's event: the pixel whose settings the line contains; else the pixels
 * of the configuration that select it; without a configuration, a pixel with the default settings.
 *
 * @param trace receives the origin of each field, if given
 */
export function createTargets(
  configuration: Configuration | null,
  trace: Trace | null,
): (input: PreviewInput) => readonly PreviewTarget[] | Unmapped {
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
): (settings: unknown) => readonly PreviewTarget[] | Unmapped {
  const known = new Map<string, readonly PreviewTarget[] | Unmapped>();
  return (settings) => {
    const key = jsonText(settings);
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = targetOf(settings, trace);
    if (known.size < MOST_CACHED) known.set(key, found);
    return found;
  };
}

function targetOf(input: unknown, trace: Trace | null): readonly PreviewTarget[] | Unmapped {
  const parsed = parsePixelSettings(input);
  if (parsed.ok) {
    return [{ settings: parsed.settings, map: createMapper(parsed.settings, trace) }];
  }
  const problems = parsed.problems.map(
    ({ path, message, fix }) => `settings.${path}: ${message} → ${fix}`,
  );
  return { reason: 'invalid_settings', message: problems.join('; ') };
}
