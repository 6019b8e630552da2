import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { listTopics } from '#kafka/topics.ts';
import { connectForCommands, type Redis } from '#queue/connection.ts';
import { readDepth } from '#queue/depth.ts';
import { createIntakeStore } from '#queue/intake.ts';
import { refuseUnsafeRedis } from '#queue/redis-health.ts';
import { sealerOf } from '#queue/sealer-of.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';
import type { Logger } from '#runtime/logger.ts';
import type { Metrics } from '#runtime/metrics/registry.ts';
import type { RunningService } from '#runtime/service.ts';
import { startBackpressure } from './backpressure.ts';
import { createChecks } from './checks.ts';
import { Collector } from './collector.ts';
import { startConsumer, type TrackConsumer } from './consumer.ts';
import { createCounters, type IngestCounters } from './counters.ts';
import { createReloadableReader, type ReloadableReader } from './destinations.ts';
import { Partitions } from './partitions.ts';
import { Taker } from './taker.ts';

/** Messages that are taken into Redis together when there are plenty: some full envelopes. */
const ENVELOPES_A_TAKE = 8;

/**
 * Starts everything between Kafka and Redis.
 * @throws Error when Redis would lose what it takes, or Kafka or Redis cannot be reached
 */
export async function startIngest(
  configuration: Configuration,
  metrics: Metrics,
  logger: Logger,
): Promise<RunningService> {
  const { kafka, redis: redisOptions } = configuration;
  const redis = connectForCommands(redisOptions.url, (event, detail) =>
    logger.warn({ detail }, event),
  );
  await refuseUnsafeRedis(redis, (finding) => logger.warn(finding, 'redis'));
  const counters = createCounters(metrics);
  const { maxMessageBytes } = configuration.ingest;
  const reader = createReloadableReader(configuration.pixels, {
    maxMessageBytes,
    counters: counters.reader,
  });
  const store = createIntakeStore(redis, {
    prefix: redisOptions.prefix,
    groupId: kafka.groupId,
    sealer: sealerOf(configuration.sealing),
  });
  const client = createKafka(kafka, (level, message, extra) => logger[level](extra, message));
  await requireTopics(client, kafka.topics);
  const consumer = await consume(client, configuration, {
    metrics,
    logger,
    reader,
    counters,
    store,
  });
  const endBackpressure = holdBack(redis, configuration, consumer, metrics, logger);
  return {
    collectors: [{ name: 'counters', collect: async () => counters.publish() }],
    ...createChecks(consumer, redis),
    configure: ({ pixels }) => reader.configure(pixels),
    async stop() {
      endBackpressure();
      await consumer.stop();
      counters.publish();
      await store.close();
      await redis.quit();
    },
  };
}

/** A topic that is misspelt must not be waited for in silence. */
async function requireTopics(client: KafkaClient, wanted: readonly string[]): Promise<void> {
  const known = new Set(await listTopics(client));
  const missing = wanted.filter((topic) => !known.has(topic));
  if (missing.length === 0) return;
  throw new Error(`Kafka has no topic ${missing.join(', ')}: create it, or correct kafka.topics`);
}

interface Parts {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly reader: ReloadableReader;
  readonly counters: IngestCounters;
  readonly store: ReturnType<typeof createIntakeStore>;
}

async function consume(
  client: KafkaClient,
  configuration: Configuration,
  { metrics, logger, reader, counters, store }: Parts,
): Promise<TrackConsumer> {
  const { ingest, kafka } = configuration;
  const sealer = sealerOf(configuration.sealing);
  const collector = new Collector(sealer, ingest.envelope, counters.envelope);
  const partitions = new Partitions(store);
  let consumer: TrackConsumer | null = null;
  const taker = new Taker(collector, store, {
    maxMessages: ingest.envelope.maxEvents * ENVELOPES_A_TAKE,
    lingerMs: ingest.envelope.lingerMs,
    onTaken(steps, seconds) {
      partitions.taken(steps);
      counters.publish();
      metrics.ingestTakeDuration.observe(seconds);
    },
    onConflict() {
      metrics.ingestConflicts.inc();
      logger.warn('another process took the same messages: reading again from the watermarks');
      void consumer?.rewind();
    },
    onFailure(error) {
      metrics.ingestTakeFailures.inc();
      logger.warn({ error }, 'Redis does not take what was read; trying again');
    },
  });
  consumer = await startConsumer(client, {
    groupId: kafka.groupId,
    topics: kafka.topics,
    commitIntervalMs: ingest.commitIntervalMs,
    sessionTimeoutMs: ingest.sessionTimeoutMs,
    rooms: {
      reader,
      collector,
      taker,
      partitions,
      counters: counters.batch,
      watermarks: (read) => store.watermarks(read),
    },
    onAssigned(assigned) {
      metrics.ingestRebalances.inc();
      metrics.ingestLag.reset();
      logger.info({ assigned }, 'partitions assigned');
    },
    onCommitFailed: (error) => logger.info({ error }, 'offsets are committed later'),
    onDead(error) {
      throw error;
    },
  });
  return consumer;
}

function holdBack(
  redis: Redis,
  configuration: Configuration,
  consumer: TrackConsumer,
  metrics: Metrics,
  logger: Logger,
): () => void {
  const { backpressure } = configuration.ingest;
  const { prefix } = configuration.redis;
  const pixels = configuration.pixels.map(({ pixelId }) => pixelId);
  metrics.ingestPaused.set(0);
  return startBackpressure({
    events: { upper: backpressure.pauseAtEvents, lower: backpressure.resumeAtEvents },
    memoryRatio: {
      upper: backpressure.pauseAtMemoryRatio,
      lower: backpressure.resumeAtMemoryRatio,
    },
    pollMs: backpressure.pollMs,
    async measure() {
      const { events, memoryRatio } = await readDepth(redis, prefix, pixels);
      metrics.redisMemory.set(memoryRatio);
      for (const [pixel, n] of events) metrics.queueEvents.set({ pixel }, n);
      return { events: [...events.values()].reduce((sum, n) => sum + n, 0), memoryRatio };
    },
    onPause(pressure) {
      consumer.pause();
      metrics.ingestPaused.set(1);
      logger.warn({ ...pressure }, 'Redis is too full: Kafka waits');
    },
    onResume() {
      consumer.resume();
      metrics.ingestPaused.set(0);
      logger.info('Redis has room again: reading on');
    },
  });
}
