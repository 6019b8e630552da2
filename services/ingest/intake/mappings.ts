import { serialize } from 'node:v8';
import { DEFAULT_PIXEL_SETTINGS, type PixelSettings } from '#core/event/pixel-settings.ts';
import { createRouter, type Route } from '#core/event/routing.ts';
import type { Json } from '#core/event/track-event.ts';
import { createHorizon } from '#core/fields/head-fields.ts';
import { createPixelMapper, type PixelMapper } from '#core/mapping/pixel-mapper.ts';

interface CompiledMapping {
  readonly map: PixelMapper;
  /** Of an event that is not mapped, in Unix seconds; null where the event has no time. */
  readonly horizonOf: (event: Json) => number | null;
}

export interface PixelMapping extends CompiledMapping {
  readonly pixelId: string;
}

/** The mapping of each pixel, and which of them an event goes to, by their position. */
export interface PixelMappings {
  readonly pixels: readonly PixelMapping[];
  readonly route: (topic: string | null, event: object) => readonly number[];
}

/** What a mapping is made of: everything else that is configured for a pixel is not read by it. */
const OF_MAPPING = Object.keys(DEFAULT_PIXEL_SETTINGS) as (keyof typeof DEFAULT_PIXEL_SETTINGS)[];

/**
 * Of pixels as they are configured. A mapping is compiled with the first event of its pixel, and once
 * for all pixels with the same settings: of thousands, most are alike, and many may never have an event.
 */
export function createMappings(
  pixels: readonly (PixelSettings & { readonly events: Route })[],
): PixelMappings {
  const compiled = new Map<string, CompiledMapping>();
  const compile = (pixel: PixelSettings): CompiledMapping => {
    const key = settingsKey(pixel);
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const made = { map: createPixelMapper(pixel), horizonOf: createHorizon(pixel) };
    compiled.set(key, made);
    return made;
  };
  return {
    pixels: pixels.map((pixel) => new LazyMapping(pixel, compile)),
    route: createRouter(pixels),
  };
}

class LazyMapping implements PixelMapping {
  readonly pixelId: string;
  private compiled: CompiledMapping | null = null;
  private readonly pixel: PixelSettings;
  private readonly compile: (pixel: PixelSettings) => CompiledMapping;

  constructor(pixel: PixelSettings, compile: (pixel: PixelSettings) => CompiledMapping) {
    this.pixelId = pixel.pixelId;
    this.pixel = pixel;
    this.compile = compile;
  }

  get map(): PixelMapper {
    this.compiled ??= this.compile(this.pixel);
    return this.compiled.map;
  }

  get horizonOf(): CompiledMapping['horizonOf'] {
    this.compiled ??= this.compile(this.pixel);
    return this.compiled.horizonOf;
  }
}

/** The same for the same settings, and for no others: `serialize` tells values of all kinds apart. */
function settingsKey(pixel: PixelSettings): string {
  return serialize(OF_MAPPING.map((name) => pixel[name])).toString('latin1');
}
