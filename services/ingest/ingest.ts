import type { Configuration } from '#config/configuration.ts';
import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { isUnreachable, KafkaWork } from '#kafka/fault.ts';
import { limitDecompression } from '#kafka/fetch/decompress.ts';
import { observeKafka } from '#kafka/observer.ts';
import { createTopicIds } from '#kafka/topic-ids.ts';
import { listTopics } from '#kafka/topics.ts';
import type { Starting } from '#process/lifecycle.ts';
import type { Logger } from '#process/logger.ts';
import type { RunningService } from '#process/service.ts';
import {
  createServiceLog,
  noteKafkaFailures,
  noteMissingPermissions,
  noteRedisFailures,
} from '#process/service-log.ts';
import { connectForCommands } from '#store/connection.ts';
import { isAway, refuseUnsafeRedis, roundTrip, silenceOf } from '#store/health.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { PermissionWatch } from '#store/permission-watch.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { startTracing } from '#tracing/start.ts';
import { consume } from './consume.ts';
import { createCounters } from './counters.ts';
import { createReloadableReader } from './destinations.ts';
import { createChecks } from './health.ts';
import { holdBack } from './hold-back.ts';
import { StoreGuard } from './kafka/store-guard.ts';
import type { IngestMetrics } from './metrics.ts';

/**
 * Starts everything between Kafka and Redis; waits for both for as long as it takes.
 * @throws Error when Redis would lose what it takes, or a topic is missing
 */
export async function startIngest(
  configuration: Configuration,
  metrics: IngestMetrics,
  logger: Logger,
  starting: Starting,
): Promise<RunningService> {
  const { kafka, redis: redisOptions } = configuration;
  const log = createServiceLog(logger);
  const noteFailure = noteRedisFailures(metrics, log);
  let rewind = (): void => {};
  const redis = connectForCommands(redisOptions.url, (event, detail) => {
    log.connection(event, detail);
    // It may have come back as it was some time ago.
    if (event === 'redis_ready') rewind();
  });
  starting.onUndo(() => redis.disconnect());
  const place = createStore(redis, redisOptions.prefix);
  await starting.until('Redis', () => refuseUnsafeRedis(place, log.redis), isAway);
  const onChange = noteMissingPermissions(metrics, log);
  const permissions = new PermissionWatch({ ...redisOptions, onChange });
  starting.onUndo(() => permissions.close());
  const work = new RedisWork({
    onFailure(operation, fault, error) {
      if (operation === 'intake') metrics.ingestWriteFailures.inc();
      if (fault === 'not_allowed') permissions.refused();
      noteFailure(operation, fault, error);
    },
  });
  const kafkaWork = new KafkaWork({ onFailure: noteKafkaFailures(metrics, log) });
  const tracing = await startTracing('ingest', configuration, log);
  const counters = createCounters(metrics, log);
  const { maxMessageBytes, maxDecompressedBytes } = configuration.ingest;
  limitDecompression(maxDecompressedBytes);
  const reader = createReloadableReader(configuration.pixels, {
    maxMessageBytes,
    counters: counters.reader,
    traceOf: tracing.contextOf,
  });
  const sealer = sealerOf(configuration.sealing);
  const store = createIntakeStore(place, { groupId: kafka.groupId, sealer });
  let lastWord = Date.now();
  const client = createKafka(kafka, (level, message, extra) => {
    lastWord = Date.now();
    log.kafka(level, message, extra);
  });
  // Tried once at a time, so that what it waits for is known at once.
  const probe = createKafka({ ...kafka, retries: 0 }, log.kafka);
  await starting.until('Kafka', () => requireTopics(probe, kafka.topics), isUnreachable);
  const observer = await starting.until('Kafka', () => observeKafka(client), isUnreachable);
  starting.onUndo(() => observer.close());
  const { groupId } = kafka;
  const guard = await starting.until(
    'Kafka',
    () =>
      StoreGuard.admit({
        store: place,
        observer,
        groupId,
        logger,
        work,
        kafkaWork,
        onRefused: fail,
      }),
    isUnreachable,
  );
  const topicIds = createTopicIds(probe);
  starting.onUndo(() => topicIds.close());
  const { consumer, lag } = await consume(client, configuration, {
    starting,
    work,
    kafkaWork,
    topicIds,
    metrics,
    logger,
    reader,
    sealer,
    counters,
    store,
    guard,
    observer,
    tracing,
  });
  guard.start();
  rewind = () => void consumer.rewind();
  let pixels = configuration.pixels;
  const pixelIds = (): string[] => pixels.map(({ pixelId }) => pixelId);
  const endBackpressure = holdBack(redis, configuration, {
    consumer,
    work,
    pixelIds,
    metrics,
    logger,
  });
  return {
    collectors: [
      { name: 'counters', collect: async () => counters.publish() },
      { name: 'redis', collect: async () => metrics.redisRoundTrip.set(await roundTrip(redis)) },
      { name: 'kafka', collect: () => lag.collect() },
    ],
    ...createChecks(consumer, {
      sessionTimeoutMs: configuration.ingest.sessionTimeoutMs,
      lastLogAt: () => lastWord,
      // As it is asked for each partition: what else it answers is of no use.
      redisFault: async () => {
        const ask = () => store.watermarks(partitionsOf(kafka.topics));
        return permissions.explain(await silenceOf(redis, ask));
      },
      workFault: () => permissions.explain(work.fault()),
      kafkaFault: () => kafkaWork.fault(),
    }),
    configure(next) {
      pixels = next.pixels;
      reader.configure(pixels);
    },
    leave: () => consumer.leave(),
    async stop() {
      endBackpressure();
      guard.stop();
      permissions.close();
      await consumer.stop();
      counters.publish();
      await tracing.stop();
      log.flush();
      await Promise.all([store.close(), observer.close(), topicIds.close()]);
      await redis.quit();
    },
  };
}

function partitionsOf(topics: readonly string[]): { topic: string; partition: number }[] {
  return topics.map((topic) => ({ topic, partition: 0 }));
}

/** Ends the process as any error does that no one expects: it leaves the group first. */
function fail(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}

/** A topic that is misspelt must not be waited for in silence. */
async function requireTopics(client: KafkaClient, wanted: readonly string[]): Promise<void> {
  const known = new Set(await listTopics(client));
  const missing = wanted.filter((topic) => !known.has(topic));
  if (missing.length === 0) return;
  throw new Error(`Kafka has no topic ${missing.join(', ')}: create it, or correct kafka.topics`);
}
