import { childAt } from './place.ts';
import { pixel } from './schema/pixel.ts';
import { type ConfigurationFile, fileSchema } from './schema.ts';

export type FilePixel = ConfigurationFile['pixels'][number];

/**
 * The parts of a file that are right by themselves. Where some are wrong, the others are judged all
 * the same, so that every problem is found at once.
 */
export type Parts = Partial<Omit<ConfigurationFile, 'pixels'>> & {
  /** Null for a pixel that is wrong. */
  readonly pixels: readonly (FilePixel | null)[];
};

/** What can be used of a file that is not right as a whole. */
export function soundParts(raw: unknown): Parts {
  const { pixels: _, ...sections } = fileSchema.shape;
  const sound = Object.entries(sections).flatMap(([name, schema]) => {
    const checked = schema.safeParse(childAt(raw, name));
    return checked.success ? [[name, checked.data] as const] : [];
  });
  const pixels = childAt(raw, 'pixels');
  return {
    ...(Object.fromEntries(sound) as Partial<ConfigurationFile>),
    pixels: (Array.isArray(pixels) ? pixels : []).map((one) => pixel.safeParse(one).data ?? null),
  };
}
