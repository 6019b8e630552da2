import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaConfiguration } from '#config/configuration.ts';
import { createKafka } from '#kafka/client.ts';
import { type ConsumerGroup, strangersTo, unassigned } from '#kafka/group.ts';
import { type KafkaObserver, observeKafka, type PartitionProgress } from '#kafka/observer.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import type { RedisSources } from './redis-sources.ts';
import { createSource, type Reading } from './source.ts';

/** How far ingest is behind Kafka. */
export interface KafkaReading {
  /** Messages that are not in Redis yet, by topic. */
  readonly lag: Readonly<Record<string, number>>;
  /** Partitions whose log ends before the offset that was read, as topic/number. */
  readonly halted: readonly string[];
  /** How many ingest processes read. */
  readonly members: number;
  /** Partitions that no ingest reads, by topic; topics whose partitions are all read are left out. */
  readonly unassigned: Readonly<Record<string, readonly number[]>>;
  /** Members of the group that write to another Redis or prefix. */
  readonly strangers: readonly string[];
}

/** Long enough for three connection attempts of kafkajs, in ms, unless the command says otherwise. */
const DEADLINE_MS = 4000;
/** Longest wait for Redis, in ms. */
const WATERMARKS_MS = 1000;

/**
 * Reads from Kafka over one connection, which is reopened after a failure. Offsets are committed some
 * seconds late, so Redis is read too; without its answer, the lag is that of the committed offsets.
 */
export function createKafkaSource(
  options: KafkaConfiguration,
  { watermarks, store }: Pick<RedisSources, 'watermarks' | 'store'>,
  deadlineMs: number | null,
): { read(): Promise<Reading<KafkaReading>>; close(): void } {
  let observing: Promise<KafkaObserver> | null = null;
  const read = createSource(deadlineMs ?? DEADLINE_MS, async (onFailureReason) => {
    observing ??= observeKafka(
      createKafka(options, (_, message, { cause }) =>
        onFailureReason(reasonOf(String(cause ?? message))),
      ),
    );
    try {
      const observer = await observing;
      const [group, progress] = await Promise.all([
        observer.group(options.groupId),
        observer.progress(options.groupId, options.topics),
      ]);
      const asked = Promise.all([watermarks(progress), store()]);
      // A Redis that hangs must not hide what Kafka answers.
      const late = sleep(WATERMARKS_MS, null, { ref: false });
      const [taken, own] = (await Promise.race([asked.catch(() => null), late])) ?? [[]];
      return {
        members: group.members.length,
        lag: lagOf(options.topics, progress, taken),
        unassigned: unassignedOf(options.topics, group, progress),
        halted: haltedOf(progress, taken),
        strangers:
          own === undefined
            ? []
            : strangersTo(own, group).map(({ clientId, host }) => `${clientId} at ${host}`),
      };
    } catch (error) {
      observing = null;
      throw error;
    }
  });
  // Nothing waits for it: a connection that hangs must not hold up the command.
  const close = (): void => void observing?.then((observer) => observer.close()).catch(() => {});
  return { read, close };
}

function haltedOf(
  progress: readonly PartitionProgress[],
  taken: readonly (Watermark | null)[],
): string[] {
  return progress
    .filter((_, index) => (taken[index]?.haltedAt ?? null) !== null)
    .map(({ topic, partition }) => `${topic}/${partition}`);
}

function unassignedOf(
  topics: readonly string[],
  group: ConsumerGroup,
  progress: readonly PartitionProgress[],
): Record<string, number[]> {
  // Another line reports a group without members.
  if (group.members.length === 0) return {};
  const found = topics.map((topic): [string, number[]] => {
    const own = progress.filter((each) => each.topic === topic).map(({ partition }) => partition);
    return [topic, unassigned(group, topic, own)];
  });
  return Object.fromEntries(found.filter(([, ids]) => ids.length > 0));
}

function lagOf(
  topics: readonly string[],
  progress: readonly PartitionProgress[],
  taken: readonly (Watermark | null)[],
): Record<string, number> {
  const lag = Object.fromEntries(topics.map((topic) => [topic, 0]));
  for (const [index, { topic, next, high }] of progress.entries()) {
    lag[topic] = (lag[topic] ?? 0) + Math.max(high - Math.max(next, taken[index]?.offset ?? 0), 0);
  }
  return lag;
}

/** kafkajs prefixes the reason with the names of its errors and parts. */
function reasonOf(words: string): string {
  return /\bconnect E[A-Z]+ \S+/.exec(words)?.[0] ?? words.replace(/^(?:\w*Error: )+/, '');
}
