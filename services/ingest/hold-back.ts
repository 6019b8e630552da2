import type { Configuration } from '#config/configuration.ts';
import type { Logger } from '#process/logger.ts';
import type { Redis } from '#store/connection.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import { readDepth } from '#store/status/depth.ts';
import { createStore } from '#store/store.ts';
import { type PressureMarks, startBackpressure } from './backpressure.ts';
import type { TrackConsumer } from './kafka/consumer.ts';
import type { IngestMetrics } from './metrics.ts';

interface Rooms {
  readonly consumer: TrackConsumer;
  readonly work: RedisWork;
  /** The configured pixels, which a reload may change. */
  readonly pixelIds: () => readonly string[];
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
}

/** Holds the consumer back while Redis is too full; returns what ends the watching. */
export function holdBack(
  redis: Redis,
  configuration: Configuration,
  { consumer, work, pixelIds, metrics, logger }: Rooms,
): () => void {
  const { backpressure } = configuration.ingest;
  const { prefix } = configuration.redis;
  metrics.ingestPaused.set(0);
  return startBackpressure({
    marks: marksOf(backpressure),
    pollMs: backpressure.pollMs,
    async measure() {
      const { events, ...pressure } = await work.attempt('backpressure', () =>
        readDepth(createStore(redis, prefix), pixelIds()),
      );
      return { events: [...events.values()].reduce((sum, n) => sum + n, 0), ...pressure };
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

function marksOf(backpressure: Configuration['ingest']['backpressure']): PressureMarks {
  return {
    events: { upper: backpressure.pauseAtEvents, lower: backpressure.resumeAtEvents },
    deadLetters: {
      upper: backpressure.pauseAtDeadLetters,
      lower: backpressure.resumeAtDeadLetters,
    },
    memoryRatio: {
      upper: backpressure.pauseAtMemoryRatio,
      lower: backpressure.resumeAtMemoryRatio,
    },
  };
}
