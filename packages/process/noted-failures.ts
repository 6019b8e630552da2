import type { Instruments } from './metrics/registry.ts';
import type { KAFKA_METRICS, REDIS_METRICS } from './metrics/shared-metrics.ts';
import type { ServiceLog } from './service-log.ts';

/** Counts and logs what Redis did not do; for what is tried again until it does. */
export function noteRedisFailures(
  metrics: Pick<Instruments<typeof REDIS_METRICS>, 'redisFailures'>,
  log: Pick<ServiceLog, 'failed'>,
): (operation: string, fault: string, error: unknown) => void {
  return (operation, fault, error) => {
    metrics.redisFailures.inc({ operation, fault });
    log.failed('Redis does not do what it is asked: trying again', error, { operation, fault });
  };
}

/** The same for what brokers did not do. */
export function noteKafkaFailures(
  metrics: Instruments<typeof KAFKA_METRICS>,
  log: Pick<ServiceLog, 'failed'>,
): (operation: string, fault: string, error: unknown) => void {
  return (operation, fault, error) => {
    metrics.kafkaFailures.inc({ operation, fault });
    log.failed('Kafka does not do what it is asked: trying again', error, { operation, fault });
  };
}

/** Shows and logs what the user of Redis lacks; to be told whenever that changes. */
export function noteMissingPermissions(
  metrics: Pick<Instruments<typeof REDIS_METRICS>, 'redisMissingPermissions'>,
  log: Pick<ServiceLog, 'redis'>,
): (
  missing: readonly string[],
  findings: readonly { readonly problem: string; readonly fix: string }[],
) => void {
  return (missing, findings) => {
    metrics.redisMissingPermissions.reset();
    for (const command of missing) metrics.redisMissingPermissions.set({ command }, 1);
    for (const finding of findings) log.redis(finding);
  };
}
