import { z } from 'zod';
import { childAt } from '../problems.ts';
import { control } from './control.ts';
import { graphApi } from './graph-api.ts';
import { ingest } from './ingest.ts';
import { deadLetters, kafka } from './kafka.ts';
import { log, metrics, tracing } from './observability.ts';
import { pixel } from './pixel.ts';
import { redis } from './redis.ts';
import { sealing } from './sealing.ts';
import { worker } from './worker.ts';

export const fileSchema = z.strictObject({
  kafka,
  redis,
  graphApi,
  sealing,
  ingest,
  worker,
  deadLetters,
  control,
  metrics,
  log,
  tracing,
  pixels: z.array(pixel).min(1).describe('Where events are delivered.'),
});

/** A valid file with its defaults, before its secrets are read. */
export type ConfigurationFile = z.infer<typeof fileSchema>;

/**
 * The sections of a file that are valid by themselves. Where some are not, the others are checked all
 * the same, so that every problem is found at once.
 */
export type ValidSections = Partial<Omit<ConfigurationFile, 'pixels'>> & {
  /** Null for an invalid pixel. */
  readonly pixels: readonly (ConfigurationFile['pixels'][number] | null)[];
};

/** What can be used of a file that is not valid as a whole. */
export function validSections(raw: unknown): ValidSections {
  const { pixels: _, ...schemas } = fileSchema.shape;
  const valid = Object.entries(schemas).flatMap(([name, schema]) => {
    const parsed = schema.safeParse(childAt(raw, name));
    return parsed.success ? [[name, parsed.data] as const] : [];
  });
  const pixels = childAt(raw, 'pixels');
  return {
    ...(Object.fromEntries(valid) as Partial<ConfigurationFile>),
    pixels: (Array.isArray(pixels) ? pixels : []).map((one) => pixel.safeParse(one).data ?? null),
  };
}
