import type { PixelSettings } from '#core/event/pixel-settings.ts';
import { createRouter, type Route } from '#core/event/routing.ts';
import type { Json } from '#core/event/track-event.ts';
import { createHorizon } from '#core/fields/head-fields.ts';
import { createPixelMapper, type PixelMapper } from '#core/mapping/pixel-mapper.ts';

export interface PixelMapping {
  readonly pixelId: string;
  readonly map: PixelMapper;
  /** Of an event that is not mapped, in Unix seconds; null where the event has no time. */
  readonly horizonOf: (event: Json) => number | null;
}

/** The mapping of each pixel, and which of them an event goes to, by their position. */
export interface PixelMappings {
  readonly pixels: readonly PixelMapping[];
  readonly route: (topic: string | null, event: object) => readonly number[];
}

/** Of pixels as they are configured. */
export function createMappings(
  pixels: readonly (PixelSettings & { readonly events: Route })[],
): PixelMappings {
  return {
    pixels: pixels.map((pixel) => ({
      pixelId: pixel.pixelId,
      map: createPixelMapper(pixel),
      horizonOf: createHorizon(pixel),
    })),
    route: createRouter(pixels),
  };
}
