import { z } from 'zod';
import {
  count,
  flag,
  listenHost,
  metricsLingerMs,
  ms,
  port,
  ratio,
  section,
  stopTimeoutMs,
} from './values.ts';

/** A quarter of what Redis accepts from one client at once. Source: redis.conf, `client-query-buffer-limit`. */
const MOST_INTAKE_BYTES = 268_435_456;

const envelope = section('limits of an envelope', {
  maxEvents: count(250).describe('number of events that closes an envelope'),
  maxBytes: count(262_144).describe('size that closes it, before compression'),
  lingerMs: ms(50).describe('how long an open envelope waits for more events'),
});

const duplicates = section('leaving out what the producer wrote to Kafka twice', {
  enabled: flag(false).describe(
    'leave out an event whose `messageId` was queued for the same pixel within the window; counted as filtered, reason `duplicate`',
  ),
  windowHours: count(24, 24 * 7).describe('how long a `messageId` is remembered'),
  maxEvents: count(5_000_000).describe(
    'events that are remembered at most; with more, the window is shorter. An event takes up to 70 bytes of Redis for each pixel',
  ),
});

const backpressure = section('when reading from Kafka pauses', {
  pauseAtEvents: count(500_000).describe('events in Redis at which reading from Kafka pauses'),
  resumeAtEvents: count(250_000).describe('events at which reading resumes'),
  pauseAtMemoryRatio: ratio(0.7).describe('used share of maxmemory at which reading pauses'),
  resumeAtMemoryRatio: ratio(0.6).describe('share at which reading resumes'),
  pauseAtDeadLetters: count(1_000_000).describe(
    'dead letters at which reading pauses: none is ever evicted to make room',
  ),
  resumeAtDeadLetters: count(900_000).describe('dead letters at which reading resumes'),
  pollMs: count(250).describe('how often Redis is polled'),
});

const parking = section('events of halted pixels that stay in Kafka', {
  shareEvents: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'events of a pixel that may wait in Redis while its lane is halted; those after them stay in Kafka, and are read again once it is active. `null`: half of backpressure.resumeAtEvents, divided by the number of pixels; with one pixel none are parked, and Kafka waits',
    ),
});

export const ingestSchema = section('From Kafka into the queue.', {
  host: listenHost(),
  port: port(9101).describe('port of /metrics, /livez and /readyz; 0 picks a free one'),
  envelope,
  maxMessageBytes: count(1_048_576).describe('larger messages become dead letters'),
  maxDecompressedBytes: count(67_108_864).describe(
    'largest decompressed size of a record batch, plus 512 bytes for each message; a larger batch becomes one dead letter; one fetch from a broker takes at most twice this memory',
  ),
  maxIntakeBytes: count(16_777_216, MOST_INTAKE_BYTES).describe(
    'size of records and dead letters at which they are written to Redis in one step; meanwhile all partitions together may read ahead as much again',
  ),
  sessionTimeoutMs: count(30_000).describe(
    'how long Kafka waits for a heartbeat before it reassigns the partitions of a member',
  ),
  commitIntervalMs: count(2000).describe('how often offsets are committed to Kafka'),
  backpressure,
  parking,
  duplicates,
  stopTimeoutMs: stopTimeoutMs(),
  metricsLingerMs: metricsLingerMs(),
});
