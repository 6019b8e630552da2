import type { KafkaConfiguration } from '#config/configuration.ts';
import { createKafka } from '#kafka/client.ts';
import { examineGroup, listTopics } from '#kafka/topics.ts';
import { safeText } from '#process/redact.ts';

/** Whether a server that we need answers, and what it said last. */
export interface DependencyReading {
  /** Null until it was asked for the first time. */
  readonly ok: boolean | null;
  readonly detail: string;
  /** What went wrong the last time that something did; null when nothing ever did. */
  readonly lastError: { readonly words: string; readonly at: number } | null;
}

export interface KafkaWatch {
  read(): DependencyReading;
  stop(): void;
}

const EVERY_MS = 10_000;
/** Later than that an answer is none, in ms. */
const PATIENCE_MS = 6000;

/** Asks Kafka from time to time, so that a page need not wait for it; tells each time that it failed. */
export function watchKafka(
  options: KafkaConfiguration,
  onFailure: (error: unknown) => void,
): KafkaWatch {
  let reading: DependencyReading = { ok: null, detail: 'is being asked', lastError: null };
  let askedAt: number | null = null;
  const blame = (words: string): void => {
    reading = { ...reading, lastError: { words: safeText(words), at: Date.now() } };
  };
  const ask = async (): Promise<void> => {
    // kafkajs goes on trying for longer than we wait: one at a time is enough.
    if (askedAt !== null) return;
    askedAt = Date.now();
    try {
      reading = { ...reading, ok: true, detail: await look(options, blame) };
    } catch (error) {
      blame((error as Error).message);
      onFailure(error);
      reading = { ...reading, ok: false, detail: 'does not answer' };
    } finally {
      askedAt = null;
    }
  };
  const timer = setInterval(() => void ask(), EVERY_MS);
  void ask();
  return {
    read() {
      if (askedAt === null) return reading;
      const late = Date.now() - askedAt > PATIENCE_MS;
      const failing = reading.lastError !== null && reading.lastError.at >= askedAt;
      return late || failing ? { ...reading, ok: false, detail: 'does not answer' } : reading;
    },
    stop: () => clearInterval(timer),
  };
}

async function look(options: KafkaConfiguration, blame: (words: string) => void): Promise<string> {
  const kafka = createKafka(options, (_level, message, { cause }) =>
    blame(String(cause ?? message)),
  );
  const known = new Set(await listTopics(kafka));
  const missing = options.topics.filter((topic) => !known.has(topic));
  if (missing.length > 0) return `answers, and has no topic ${missing.join(', ')}`;
  const { groupId } = options;
  const { members, state, unassigned } = await examineGroup(kafka, groupId, options.topics);
  if (members.length === 0) return `answers; nobody reads in group ${groupId}`;
  const many = members.length === 1 ? '1 ingest reads' : `${members.length} ingests read`;
  const unread = Object.entries(unassigned)
    .filter(([, partitions]) => partitions.length > 0)
    .map(([topic, partitions]) => `; none reads partition ${partitions.join(', ')} of ${topic}`);
  return `answers; ${many} in group ${groupId}${state === 'Stable' ? '' : ` (${state})`}${unread.join('')}`;
}
