import { type Check, check } from '#process/admin-server.ts';
import type { TrackConsumer } from './kafka/consumer.ts';

interface HealthOptions {
  readonly sessionTimeoutMs: number;
  /** When the Kafka client last logged anything, such as that it cannot connect, Unix ms. */
  readonly lastLogAt: () => number;
  /** What keeps Redis from answering; null when it answers. */
  readonly redisFault: () => Promise<string | null>;
  /** What fails of the work that Redis is asked to do; null when nothing does. */
  readonly workFault: () => string | null;
  /** What fails of the work that Kafka is asked to do. */
  readonly kafkaFault: () => string | null;
  /** Which schemas the registry does not give; null where there is no registry. */
  readonly registryFault: (() => string | null) | null;
}

/** After this many session timeouts without activity the consumer hangs. */
const SILENT_SESSIONS = 3;

/**
 * Whether ingest is alive, and whether it does its job. A consumer that cannot reach Kafka logs it again
 * and again, and so it is alive: a restart would not help.
 */
export function createChecks(
  consumer: Pick<TrackConsumer, 'lastActivityAt' | 'joined' | 'lastError' | 'halted'>,
  options: HealthOptions,
): { live: () => Check[]; ready: () => Promise<Check[]> } {
  const { sessionTimeoutMs, lastLogAt, redisFault, workFault, kafkaFault } = options;
  const { registryFault } = options;
  const alive = (): Check => {
    const silentMs = Date.now() - Math.max(consumer.lastActivityAt, lastLogAt());
    const hangs = silentMs > SILENT_SESSIONS * sessionTimeoutMs;
    return check('consumer', hangs ? `no sign of life for ${Math.round(silentMs / 1000)} s` : null);
  };
  const group = (): Check => {
    const { joined, lastError } = consumer;
    const message = `not a member of the group now${lastError === null ? '' : `: ${lastError}`}`;
    return check('group', joined ? null : message);
  };
  return {
    live: () => [alive()],
    ready: async () => [
      alive(),
      group(),
      check('kafka', kafkaFault()),
      check('partitions', consumer.halted()),
      ...(registryFault === null ? [] : [check('schema_registry', registryFault())]),
      check('redis', (await redisFault()) ?? workFault()),
    ],
  };
}
