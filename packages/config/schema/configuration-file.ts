import { z } from 'zod';
import { childAt } from '../problems.ts';
import { controlSchema } from './control.ts';
import { graphApiSchema } from './graph-api.ts';
import { ingestSchema } from './ingest.ts';
import { deadLettersSchema, kafkaSchema, schemaRegistrySchema } from './kafka.ts';
import { logSchema, metricsSchema, tracingSchema } from './observability.ts';
import { pixelSchema } from './pixel.ts';
import { receiptsSchema } from './receipts.ts';
import { redisSchema } from './redis.ts';
import { sealingSchema } from './sealing.ts';
import { workerSchema } from './worker.ts';

export const fileSchema = z.strictObject({
  kafka: kafkaSchema,
  schemaRegistry: schemaRegistrySchema,
  redis: redisSchema,
  graphApi: graphApiSchema,
  sealing: sealingSchema,
  ingest: ingestSchema,
  worker: workerSchema,
  deadLetters: deadLettersSchema,
  receipts: receiptsSchema,
  control: controlSchema,
  metrics: metricsSchema,
  log: logSchema,
  tracing: tracingSchema,
  pixels: z.array(pixelSchema).min(1).describe('Where events are delivered.'),
});

/** What sending to Meta takes: nothing of Kafka or Redis. */
export const sendingSchema = fileSchema.pick({ graphApi: true, pixels: true });

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
    pixels: (Array.isArray(pixels) ? pixels : []).map(
      (one) => pixelSchema.safeParse(one).data ?? null,
    ),
  };
}
