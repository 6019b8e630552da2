import { z } from 'zod';
import { control } from './schema/control.ts';
import { deadLetters } from './schema/dead-letters.ts';
import { graphApi } from './schema/graph-api.ts';
import { ingest } from './schema/ingest.ts';
import { kafka } from './schema/kafka.ts';
import { log } from './schema/log.ts';
import { metrics } from './schema/metrics.ts';
import { pixel } from './schema/pixel.ts';
import { redis } from './schema/redis.ts';
import { sealing } from './schema/sealing.ts';
import { tracing } from './schema/tracing.ts';
import { worker } from './schema/worker.ts';

/** The configuration file. */
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
  pixels: z.array(pixel).min(1).describe('Where events are delivered to.'),
});

/** A valid file with its defaults, before its secrets are read. */
export type ConfigurationFile = z.infer<typeof fileSchema>;
