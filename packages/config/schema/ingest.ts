import { z } from 'zod';
import { count, listenHost, ms, port, ratio } from './values.ts';

/** A quarter of what Redis takes from one client at once. Source: redis.conf, `client-query-buffer-limit`. */
const MOST_INTAKE_BYTES = 268_435_456;

const envelope = z
  .strictObject({
    maxEvents: count(250).describe('events that close an envelope'),
    maxBytes: count(262_144).describe('bytes that close it, before compressing'),
    lingerMs: ms(50).describe('how long events wait for more of them'),
  })
  .prefault({})
  .describe('when an envelope is closed');

const backpressure = z
  .strictObject({
    pauseAtEvents: count(500_000).describe('events in Redis at which Kafka is held back'),
    resumeAtEvents: count(250_000).describe('events at which it flows again'),
    pauseAtMemoryRatio: ratio(0.7).describe('used share of maxmemory at which it is held back'),
    resumeAtMemoryRatio: ratio(0.6).describe('share at which it flows again'),
    pauseAtDeadLetters: count(1_000_000).describe(
      'dead letters at which it is held back: none is ever thrown away to make room',
    ),
    resumeAtDeadLetters: count(900_000).describe('dead letters at which it flows again'),
    pollMs: count(250).describe('how often Redis is asked'),
  })
  .prefault({})
  .describe('when Kafka has to wait');

/** From Kafka into the queue. */
export const ingest = z
  .strictObject({
    host: listenHost(),
    port: port(9101).describe('of /metrics, /livez and /readyz; 0 picks a free one'),
    envelope,
    maxMessageBytes: count(1_048_576).describe('larger messages become dead letters'),
    maxDecompressedBytes: count(67_108_864).describe(
      'bytes that one record batch may take once it is decompressed, with 512 more for each message: a larger batch becomes one dead letter; what is fetched from a broker at once takes at most twice as much memory',
    ),
    maxIntakeBytes: z
      .int()
      .min(1)
      .max(MOST_INTAKE_BYTES)
      .default(16_777_216)
      .describe(
        'bytes of records, and of messages that become dead letters, at which what was read is written to Redis in one step; as many may be read ahead meanwhile, by all partitions together',
      ),
    sessionTimeoutMs: count(30_000).describe(
      'how long Kafka waits for a sign of a member before its partitions go to another one',
    ),
    commitIntervalMs: count(2000).describe('how often offsets are committed to Kafka'),
    backpressure,
    stopTimeoutMs: count(30_000).describe('how long an orderly stop may take'),
    metricsLingerMs: ms(0).describe(
      'how much longer /metrics is served after the work has stopped; a scrape interval, so that the last increments are seen',
    ),
  })
  .prefault({})
  .describe('From Kafka into the queue.');
