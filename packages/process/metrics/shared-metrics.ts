import {
  DEAD_LETTER_REASONS,
  DEAD_LETTER_STAGES,
  type DeadLetterStage,
  REASONS_BY_STAGE,
} from '#core/dead-letter/dead-letter.ts';
import { counter, type Declarations, gauge } from './declare.ts';

/** What every service counts of the Redis that it uses. */
export const REDIS_METRICS = {
  redisFailures: counter(
    'capi_redis_failures_total',
    'Times that Redis did not do what it was asked, by what that was and why; it is tried again until it does.',
    {
      unit: 'times',
      labels: {
        operation: { upTo: 12 },
        fault: { upTo: 10 },
      },
    },
  ),
  redisMissingPermissions: gauge(
    'capi_redis_missing_permissions',
    'Whether the user of Redis lacks a command, 1 for each that is missing since Redis refused something; `keys` where the keys of redis.prefix are closed to it.',
    { unit: '0 or 1', labels: { command: { upTo: 80 } } },
  ),
  redisRoundTrip: gauge(
    'capi_redis_round_trip_seconds',
    'How long Redis took to answer the last PING of this process.',
    { unit: 'seconds' },
  ),
} satisfies Declarations;

/** A process writes dead letters of its own stage only, and a worker knows their pixel. */
export function deadLetterCounter(stage: DeadLetterStage) {
  const pixel = stage === 'worker' ? 'pixels' : 'pixels and none';
  return counter(
    'capi_dead_letters_total',
    'Dead letters written, by stage and reason; pixel "none" where no pixel could be told.',
    {
      unit: 'dead letters',
      labels: { pixel: 'pixels and none', stage: DEAD_LETTER_STAGES, reason: DEAD_LETTER_REASONS },
      initial: { pixel, stage: [stage], reason: REASONS_BY_STAGE[stage] },
    },
  );
}

/** The metrics of services that ask brokers for more than messages. */
export const KAFKA_METRICS = {
  kafkaFailures: counter(
    'capi_kafka_failures_total',
    'Times that brokers did not do what they were asked besides reading, by what that was and why; it is tried again until they do.',
    { unit: 'times', labels: { operation: { upTo: 5 }, fault: { upTo: 6 } } },
  ),
} satisfies Declarations;
