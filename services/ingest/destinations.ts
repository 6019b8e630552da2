import type { PixelSettings } from '#core/event/pixel-settings.ts';
import { createRouter } from '#core/event/routing.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import type { Reader, ReaderOptions } from './intake/reader.ts';
import { createReader } from './intake/reader.ts';

/** A pixel as it is configured, as far as ingest needs it. */
export type IngestPixel = PixelSettings & {
  readonly events: {
    readonly topics?: readonly string[] | undefined;
    readonly where?: Readonly<Record<string, string | readonly string[]>> | undefined;
  };
};

/** A reader whose pixels can be exchanged while it reads. */
export interface ReloadableReader extends Reader {
  configure(pixels: readonly IngestPixel[]): void;
}

export function createReloadableReader(
  pixels: readonly IngestPixel[],
  options: ReaderOptions,
): ReloadableReader {
  const build = (current: readonly IngestPixel[]): Reader => {
    const destinations = current.map((pixel) => ({
      pixelId: pixel.pixelId,
      map: createMapper(pixel),
    }));
    return createReader(destinations, createRouter(current), options);
  };
  let reader = build(pixels);
  return {
    read: (...message) => reader.read(...message),
    refuse: (...batch) => reader.refuse(...batch),
    configure(current) {
      reader = build(current);
    },
  };
}
