import type { Configuration } from '#config/configuration.ts';
import { parsePixelSettings } from '#config/load.ts';
import { jsonText } from '#core/event/json-text.ts';
import type { PixelSettings } from '#core/event/pixel-settings.ts';
import { createRouter, type Route } from '#core/event/routing.ts';
import { asObject } from '#core/event/track-event.ts';
import type { Trace } from '#core/mapping/draft.ts';
import type { MappingResult } from '#core/mapping/mapping-result.ts';
import { createPixelMapper, type PixelMapper } from '#core/mapping/pixel-mapper.ts';
import { type PreviewInput, readInput, type Unmapped } from './input.ts';

/** What lines are mapped with. */
export interface PreviewContext {
  readonly configuration: Configuration | null;
  /** Unix ms for lines without a time of their own; null for the clock. */
  readonly now: number | null;
  /** Unix ms. */
  readonly clock: () => number;
}

/** What becomes of a line for one pixel. */
export interface MappedLine {
  /** Null when the event cannot be read. */
  readonly event: unknown;
  /** Null when no pixel was selected. */
  readonly pixelId: string | null;
  /** Whether the pixel is one of the configuration. */
  readonly isConfigured: boolean;
  readonly result: MappingResult | (Unmapped & { readonly outcome: 'filter' | 'reject' });
}

/** A pixel that an event is mapped for. */
export interface PixelTarget {
  readonly pixelId: string;
  readonly map: PixelMapper;
}

/** Parsed settings are cached, since lines often repeat them. */
const MOST_CACHED = 500;

/** Largest event without a configuration: the default of ingest. */
const MAX_BYTES = 1_048_576;

export const UNSELECTED: Unmapped = {
  reason: 'no_pixel',
  message: 'no pixel of the configuration selects this event',
};

/**
 * Maps a line for each target pixel, one after the other as the results are read.
 * @param trace receives the origin of each field, if given
 */
export function createLineMapper(
  { configuration, now, clock }: PreviewContext,
  trace: Trace | null,
): (line: string | null) => Generator<MappedLine> {
  const targetsFor = createTargets(configuration, trace);
  const maxBytes = configuration?.ingest.maxMessageBytes ?? MAX_BYTES;
  return function* mapLine(line) {
    const input = readInput(line, maxBytes);
    if ('reason' in input) return yield unmappedLine(null, input);
    const { event, settings } = input;
    const targets = targetsFor(input);
    if ('reason' in targets) return yield unmappedLine(event, targets);
    const isConfigured = configuration !== null && settings === undefined;
    const time = input.now ?? now ?? clock();
    yield* mapFor(targets, { event, isConfigured }, time);
  };
}

/** Maps an event for each target, one after the other. */
export function* mapFor(
  targets: readonly PixelTarget[],
  { event, isConfigured }: Pick<MappedLine, 'event' | 'isConfigured'>,
  time: number,
): Generator<MappedLine> {
  for (const { pixelId, map } of targets) {
    const mapped = map(event, time);
    if (mapped.outcome !== 'several') yield { event, pixelId, isConfigured, result: mapped };
    else {
      for (const { result } of mapped.results) yield { event, pixelId, isConfigured, result };
    }
  }
}

/** An event that no pixel selects is filtered, not rejected. */
export function unmappedLine(event: unknown, { reason, message }: Unmapped): MappedLine {
  const outcome = reason === 'no_pixel' ? 'filter' : 'reject';
  return { event, pixelId: null, isConfigured: false, result: { outcome, reason, message } };
}

/** A pixel as far as events are selected and mapped for it. */
export type MappedPixel = PixelSettings & { readonly events: Route };

/** The pixels of a configuration, in its order. */
export function targetsOf(
  pixels: readonly MappedPixel[],
  trace: Trace | null,
): readonly PixelTarget[] {
  return pixels.map((settings) => ({
    pixelId: settings.pixelId,
    map: createPixelMapper(settings, trace),
  }));
}

/**
 * Selects the pixels for a line's event: the pixel whose settings the line contains; else the pixels
 * of the configuration that select it; without a configuration, a pixel with the default settings.
 */
function createTargets(
  configuration: Configuration | null,
  trace: Trace | null,
): (input: PreviewInput) => readonly PixelTarget[] | Unmapped {
  const known = new Map<string, readonly PixelTarget[] | Unmapped>();
  const bySettings = (settings: unknown): readonly PixelTarget[] | Unmapped => {
    const key = jsonText(settings);
    const found = known.get(key) ?? targetOf(settings, trace);
    if (known.size < MOST_CACHED) known.set(key, found);
    return found;
  };
  if (configuration === null) return ({ settings = {} }) => bySettings(settings);
  const configured = targetsOf(configuration.pixels, trace);
  const route = createRouter(configuration.pixels);
  return ({ event, settings }) => {
    if (settings !== undefined) return bySettings(settings);
    const wanted = route(null, asObject(event) ?? {});
    const found = wanted.flatMap((index) => configured[index] ?? []);
    return found.length > 0 ? found : UNSELECTED;
  };
}

function targetOf(input: unknown, trace: Trace | null): readonly PixelTarget[] | Unmapped {
  const parsed = parsePixelSettings(input);
  if (parsed.ok) {
    const { settings } = parsed;
    return [{ pixelId: settings.pixelId, map: createPixelMapper(settings, trace) }];
  }
  const problems = parsed.problems.map(
    ({ path, message, fix }) => `settings.${path}: ${message} → ${fix}`,
  );
  return { reason: 'invalid_settings', message: problems.join('; ') };
}
