import type { KafkaConfiguration, RedisConfiguration } from '#config/configuration.ts';
import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { type KafkaFault, kafkaFault } from '#kafka/fault.ts';
import { observeKafka } from '#kafka/observer.ts';
import { examineGroup, listTopics } from '#kafka/topics.ts';
import { safeText } from '#process/redact.ts';
import { type ConnectionLog, connectForReading, refusedLogin } from '#store/connection.ts';
import { readWatermarks } from '#store/intake/watermarks.ts';
import type { Store } from '#store/store.ts';

/** The health of a server that control depends on. */
export interface DependencyReading {
  /** Null until the first check is done. */
  readonly ok: boolean | null;
  readonly detail: string;
  /** Null if no check has ever failed. */
  readonly lastError: { readonly message: string; readonly at: number } | null;
}

/** What is known of Kafka. */
export interface KafkaHealth extends DependencyReading {
  /** Messages that ingest has not taken; null where that is not known. */
  readonly lag: number | null;
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
  store: Store,
  onFailure: (operation: 'overview', fault: KafkaFault, error: unknown) => void,
) {
  const unchecked = { ok: null, detail: 'is being checked', lastError: null, lag: null };
  let reading: KafkaHealth = unchecked;
  let startedAt: number | null = null;
  const onError = (message: string): void => {
    reading = { ...reading, lastError: { message: safeText(message), at: Date.now() } };
  };
  const checkOnce = async (): Promise<void> => {
    // kafkajs retries for longer than the time-out: one check at a time is enough.
    if (startedAt !== null) return;
    startedAt = Date.now();
    try {
      reading = { ...reading, ok: true, ...(await examine(options, store, onError)) };
    } catch (error) {
      onError((error as Error).message);
      onFailure('overview', kafkaFault(error), error);
      reading = { ...reading, ...SILENT };
    } finally {
      startedAt = null;
    }
  };
  const timer = setInterval(() => void checkOnce(), CHECK_EVERY_MS);
  void checkOnce();
  return {
    read(): KafkaHealth {
      if (startedAt === null) return reading;
      const late = Date.now() - startedAt > CHECK_TIMEOUT_MS;
      const failing = reading.lastError !== null && reading.lastError.at >= startedAt;
      return late || failing ? { ...reading, ...SILENT } : reading;
    },
    stop: () => clearInterval(timer),
  };
}

const SILENT = { ok: false, detail: 'does not answer', lag: null } as const;

async function examine(
  options: KafkaConfiguration,
  store: Store,
  onError: (message: string) => void,
): Promise<Pick<KafkaHealth, 'detail' | 'lag'>> {
  const kafka = createKafka(options, (_level, message, { cause }) =>
    onError(String(cause ?? message)),
  );
  const known = new Set(await listTopics(kafka));
  const missing = options.topics.filter((topic) => !known.has(topic));
  if (missing.length > 0)
    return { detail: `answers, but has no topic ${missing.join(', ')}`, lag: null };
  const { groupId } = options;
  const { members, state, unassigned } = await examineGroup(kafka, groupId, options.topics);
  const lag = await lagOf(kafka, options, store);
  if (members.length === 0) return { detail: `answers; group ${groupId} has no members`, lag };
  const ingests = members.length === 1 ? '1 ingest reads' : `${members.length} ingests read`;
  const unread = Object.entries(unassigned)
    .filter(([, partitions]) => partitions.length > 0)
    .map(([topic, partitions]) => `; partition ${partitions.join(', ')} of ${topic} has no reader`);
  const group = `group ${groupId}${state === 'Stable' ? '' : ` (${state})`}`;
  return { detail: `answers; ${ingests} in ${group}${unread.join('')}`, lag };
}

/** Offsets are committed late: what Redis has is taken, whatever is committed. */
async function lagOf(
  kafka: KafkaClient,
  { groupId, topics }: KafkaConfiguration,
  store: Store,
): Promise<number | null> {
  const observer = await observeKafka(kafka);
  try {
    const progress = await observer.progress(groupId, topics);
    const taken = await readWatermarks(store, groupId, progress);
    return progress.reduce(
      (sum, { next, high }, index) =>
        sum + Math.max(high - Math.max(next, taken[index]?.offset ?? 0), 0),
      0,
    );
  } catch {
    return null;
  } finally {
    await observer.close();
  }
}
