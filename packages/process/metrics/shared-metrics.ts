import {
  DEAD_LETTER_REASONS,
  DEAD_LETTER_STAGES,
  type DeadLetterStage,
  REASONS_BY_STAGE,
} from '#core/dead-letter/dead-letter.ts';
import { counter, type Declarations, gauge } from './declare.ts';

/** The metrics of every service that uses Redis. */
export const REDIS_METRICS = {
  redisFailures: counter(
    'capi_redis_failures_total',
    'Failed Redis operations, by operation and cause; each is retried until it succeeds.',
    { unit: 'times', labels: { operation: { upTo: 12 }, fault: { upTo: 10 } } },
  ),
  redisMissingPermissions: gauge(
    'capi_redis_missing_permissions',
    '1 for each command that the Redis user may not run, as far as Redis has refused one; `keys` if it may not access the keys of redis.prefix.',
    { unit: '0 or 1', labels: { command: { upTo: 80 } } },
  ),
  redisRoundTrip: gauge(
    'capi_redis_round_trip_seconds',
    'Time that Redis took to answer the last PING of this process.',
    { unit: 'seconds' },
  ),
} satisfies Declarations;

/** The metrics of every service that keeps receipts. */
export const RECEIPT_METRICS = {
  receiptFailures: counter(
    'capi_receipt_failures_total',
    'Steps of which Redis refused the receipts, and nothing else: what became of their events is not told.',
    { unit: 'times' },
  ),
} satisfies Declarations;

/** A process writes dead letters of its own stage only, and a worker knows their pixel. */
export function deadLetterCounter(stage: DeadLetterStage) {
  const pixel = stage === 'worker' ? 'pixels' : 'pixels and none';
  return counter(
    'capi_dead_letters_total',
    'Dead letters written, by stage and reason; pixel "none" if the pixel is unknown.',
    {
      unit: 'dead letters',
      labels: { pixel: 'pixels and none', stage: DEAD_LETTER_STAGES, reason: DEAD_LETTER_REASONS },
      initial: { pixel, stage: [stage], reason: REASONS_BY_STAGE[stage] },
    },
  );
}

/** The metrics of every service that uses Kafka for more than reading. */
export const KAFKA_METRICS = {
  kafkaFailures: counter(
    'capi_kafka_failures_total',
    'Failed Kafka operations other than reading, by operation and cause; each is retried until it succeeds.',
    { unit: 'times', labels: { operation: { upTo: 5 }, fault: { upTo: 6 } } },
  ),
} satisfies Declarations;
