import { randomBytes } from 'node:crypto';
import type { Configuration } from '#config/configuration.ts';
import type { EventDecoder } from '#core/event/event-decoder.ts';
import type { Logger } from '#process/logger.ts';
import type { ServiceLog } from '#process/service-log.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { Sealer } from '#store/sealing.ts';
import type { Store } from '#store/store.ts';
import type { Tracing } from '#tracing/tracing.ts';
import { IngestCounters } from '../counters.ts';
import type { IngestMetrics } from '../metrics.ts';
import { createParking } from '../parking/parking.ts';
import { SentFieldsRecorder } from '../sent-fields.ts';
import { IntakeBuilder } from './builder.ts';
import { createMappings } from './mappings.ts';
import { nameMessages } from './named-messages.ts';
import { Reader } from './reader.ts';

interface ReadingDeps {
  readonly configuration: Configuration;
  readonly redis: Store;
  readonly work: RedisWork;
  readonly sealer: Sealer;
  readonly decoder: EventDecoder;
  readonly tracing: Tracing;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
  readonly log: ServiceLog;
}

/** What turns messages into records: live, and those that were parked. */
export function createReading({ configuration, metrics, logger, log, ...deps }: ReadingDeps) {
  const { ingest, pixels } = configuration;
  const { envelope, maxMessageBytes } = ingest;
  const { redis, work, sealer, decoder, tracing } = deps;
  const recorder = new SentFieldsRecorder(redis, work);
  const counters = new IngestCounters(metrics, logger, log, recorder);
  // A name that no other builder ever has.
  const run = randomBytes(4).toString('hex');
  const { receipts, window } = nameMessages(configuration);
  const parking = createParking(configuration, logger);
  const { live } = parking;
  const builder = new IntakeBuilder(sealer, envelope, counters, run, receipts, window, live);
  const read = { counters, maxMessageBytes, decoder, traceOf: tracing.contextOf };
  const own = { builder, receipts, window, parking: live };
  const reader = new Reader(createMappings(pixels), { ...read, ...own });
  /** Of parked events. */
  const builderOf = (names: ReturnType<typeof nameMessages>): IntakeBuilder =>
    new IntakeBuilder(sealer, envelope, counters, `${run}p`, names.receipts, names.window);
  return { recorder, counters, builder, reader, window, parking, read, builderOf };
}
