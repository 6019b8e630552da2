import { type Check, check } from '#process/admin-server.ts';
import type { TrackConsumer } from './kafka/consumer.ts';

export interface HealthOptions {
  readonly sessionTimeoutMs: number;
  /** When the client last had anything to say, such as that it cannot connect, Unix ms. */
  readonly lastLogAt: () => number;
  /** What keeps Redis from answering; null when it answers. */
  readonly redisFault: () => Promise<string | null>;
  /** What Redis does not do of what it is asked again and again; null while it does. */
  readonly workFault: () => string | null;
  /** What brokers do not do of it. */
  readonly kafkaFault: () => string | null;
}

/** So many session timeouts without a sign, and the consumer hangs. */
const SILENT_SESSIONS = 3;

/**
 * Whether ingest is alive, and whether it does its job. A consumer that cannot reach Kafka says so
 * again and again, and so it is alive: starting it anew would help nobody.
 */
export function createChecks(
  consumer: Pick<TrackConsumer, 'lastActivityAt' | 'joined' | 'lastError' | 'halted'>,
  { sessionTimeoutMs, lastLogAt, redisFault, workFault, kafkaFault }: HealthOptions,
): { live: () => Check[]; ready: () => Promise<Check[]> } {
  const alive = (): Check => {
    const silent = Date.now() - Math.max(consumer.lastActivityAt(), lastLogAt());
    const hangs = silent > SILENT_SESSIONS * sessionTimeoutMs;
    return check('consumer', hangs ? `no sign of life for ${Math.round(silent / 1000)} s` : null);
  };
  const group = (): Check => {
    const error = consumer.lastError();
    const words = `not a member of the group now${error === null ? '' : `: ${error}`}`;
    return check('group', consumer.joined() ? null : words);
  };
  return {
    live: () => [alive()],
    ready: async () => [
      alive(),
      group(),
      check('kafka', kafkaFault()),
      check('partitions', consumer.halted()),
      check('redis', (await redisFault()) ?? workFault()),
    ],
  };
}
