import type { KafkaConfiguration, RedisConfiguration } from '#config/configuration.ts';
import { createKafka } from '#kafka/client.ts';
import { type KafkaFault, kafkaFault } from '#kafka/fault.ts';
import { examineGroup, listTopics } from '#kafka/topics.ts';
import { safeText } from '#process/redact.ts';
import { type ConnectionLog, connectForReading, refusedLogin } from '#store/connection.ts';

/** The health of a server that control depends on. */
export interface DependencyReading {
  /** Null until the first check is done. */
  readonly ok: boolean | null;
  readonly detail: string;
  /** Null if no check has ever failed. */
  readonly lastError: { readonly message: string; readonly at: number } | null;
}

/** Opens the connection that pages read with, and retries until Redis answers. */
export function watchRedis(address: string | RedisConfiguration, log: ConnectionLog) {
  let lastError: DependencyReading['lastError'] = null;
  const redis = connectForReading(address, (event, detail) => {
    if (event === 'redis_lost') lastError = { message: safeText(detail), at: Date.now() };
    log(event, detail);
  });
  redis.on('close', () => {
    lastError ??= { message: 'the connection was closed', at: Date.now() };
  });
  return {
    redis,
    read(): DependencyReading {
      const ok = redis.status === 'ready';
      const refusal = refusedLogin(redis);
      const detail = refusal === null ? 'does not answer' : `refuses the login: ${refusal}`;
      return { ok, detail: ok ? 'answers' : detail, lastError };
    },
    close: () => redis.disconnect(),
  };
}

const CHECK_EVERY_MS = 10_000;
/** A check that takes longer counts as failed. */
const CHECK_TIMEOUT_MS = 6000;

/** Checks Kafka in the background, so that no page waits for it; reports each failure. */
export function watchKafka(
  options: KafkaConfiguration,
  onFailure: (operation: 'overview', fault: KafkaFault, error: unknown) => void,
) {
  let reading: DependencyReading = { ok: null, detail: 'is being checked', lastError: null };
  let startedAt: number | null = null;
  const onError = (message: string): void => {
    reading = { ...reading, lastError: { message: safeText(message), at: Date.now() } };
  };
  const checkOnce = async (): Promise<void> => {
    // kafkajs retries for longer than the time-out: one check at a time is enough.
    if (startedAt !== null) return;
    startedAt = Date.now();
    try {
      reading = { ...reading, ok: true, detail: await examine(options, onError) };
    } catch (error) {
      onError((error as Error).message);
      onFailure('overview', kafkaFault(error), error);
      reading = { ...reading, ok: false, detail: 'does not answer' };
    } finally {
      startedAt = null;
    }
  };
  const timer = setInterval(() => void checkOnce(), CHECK_EVERY_MS);
  void checkOnce();
  return {
    read(): DependencyReading {
      if (startedAt === null) return reading;
      const late = Date.now() - startedAt > CHECK_TIMEOUT_MS;
      const failing = reading.lastError !== null && reading.lastError.at >= startedAt;
      return late || failing ? { ...reading, ok: false, detail: 'does not answer' } : reading;
    },
    stop: () => clearInterval(timer),
  };
}

async function examine(
  options: KafkaConfiguration,
  onError: (message: string) => void,
): Promise<string> {
  const kafka = createKafka(options, (_level, message, { cause }) =>
    onError(String(cause ?? message)),
  );
  const known = new Set(await listTopics(kafka));
  const missing = options.topics.filter((topic) => !known.has(topic));
  if (missing.length > 0) return `answers, but has no topic ${missing.join(', ')}`;
  const { groupId } = options;
  const { members, state, unassigned } = await examineGroup(kafka, groupId, options.topics);
  if (members.length === 0) return `answers; group ${groupId} has no members`;
  const ingests = members.length === 1 ? '1 ingest reads' : `${members.length} ingests read`;
  const unread = Object.entries(unassigned)
    .filter(([, partitions]) => partitions.length > 0)
    .map(([topic, partitions]) => `; partition ${partitions.join(', ')} of ${topic} has no reader`);
  return `answers; ${ingests} in group ${groupId}${state === 'Stable' ? '' : ` (${state})`}${unread.join('')}`;
}
