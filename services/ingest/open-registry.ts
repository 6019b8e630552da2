import { setTimeout as sleep } from 'node:timers/promises';
import { RetriedWork } from '#core/retried-work.ts';
import { openDecoder } from '#registry/open.ts';
import { registryFault } from '#registry/registry-failure.ts';
import type { IngestContext } from './redis-side.ts';

/** What reads the values of messages, and what is noted where it cannot. */
export async function openRegistry({
  configuration: { schemaRegistry },
  metrics,
  log,
}: Pick<IngestContext, 'configuration' | 'metrics' | 'log'>) {
  const registryWork = new RetriedWork({
    onFailure(_, fault, error) {
      metrics.registryFailures.inc({ fault });
      log.failed('schemas cannot be loaded: retrying', error, { fault });
    },
    faultOf: registryFault,
    sleep: (ms) => sleep(ms),
    now: Date.now,
  });
  const fault = schemaRegistry === null ? null : () => registryWork.fault();
  return { decoder: await openDecoder(schemaRegistry), registryWork, fault };
}
