import type { KafkaConfiguration } from '#config/configuration.ts';
import { createKafka } from '#kafka/client.ts';
import {
  type Group,
  type GroupMember,
  type StoreTag,
  strangersTo,
  unassigned,
} from '#kafka/group.ts';
import { type KafkaObserver, observeKafka, type PartitionProgress } from '#kafka/observer.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import { createSource, type Reading } from './source.ts';

/** How far ingest is behind Kafka. */
export interface KafkaReading {
  /** Messages that are not taken into Redis yet, by topic. */
  readonly lag: Readonly<Record<string, number>>;
  /** Partitions whose log ends before what was taken of it, as topic/number. */
  readonly halted: readonly string[];
  /** How many ingests read. */
  readonly members: number;
  /** Partitions that no ingest reads, by topic; topics whose partitions are all read are left out. */
  readonly unassigned: Readonly<Record<string, readonly number[]>>;
  /** Members of the group that write to another Redis or prefix. */
  readonly strangers: readonly string[];
}

/** Three tries of kafkajs to connect fit into it, in ms. */
const DEADLINE_MS = 4000;
/** Longer than that Redis is not waited for, in ms. */
const WATERMARKS_MS = 1000;

/** Asks Redis how far partitions were taken into it; null where it cannot say. */
export type AskWatermarks = (
  at: readonly Pick<PartitionProgress, 'topic' | 'partition'>[],
) => Promise<readonly (Watermark | null)[]>;

export interface StoreSource {
  readonly watermarks: AskWatermarks;
  /** Asks Redis which store it is; null where no ingest has started with it. */
  readonly store: () => Promise<StoreTag | null>;
}

/**
 * Asks Kafka over one connection, which is made anew after it has failed. Offsets are committed some
 * seconds late, so Redis is asked too; without its answer the lag is what the group has committed.
 */
export function createKafkaSource(
  options: KafkaConfiguration,
  { watermarks, store }: StoreSource,
): () => Promise<Reading<KafkaReading>> {
  let observing: Promise<KafkaObserver> | null = null;
  return createSource(DEADLINE_MS, async (blame) => {
    observing ??= observeKafka(
      createKafka(options, (_, message, { cause }) => blame(reasonOf(String(cause ?? message)))),
    );
    try {
      const observer = await observing;
      const [group, progress] = await Promise.all([
        observer.group(options.groupId),
        observer.progress(options.groupId, options.topics),
      ]);
      const asked = Promise.all([watermarks(progress), store()]);
      const [taken, own] = (await Promise.race([asked.catch(() => null), silence()])) ?? [[]];
      return {
        members: group.members.length,
        lag: lagOf(options.topics, progress, taken),
        unassigned: unassignedOf(options.topics, group, progress),
        halted: haltedOf(progress, taken),
        strangers: own === undefined ? [] : strangersTo(own, group).map(nameOf),
      };
    } catch (error) {
      observing = null;
      throw error;
    }
  });
}

function haltedOf(
  progress: readonly PartitionProgress[],
  taken: readonly (Watermark | null)[],
): string[] {
  return progress
    .filter((_, index) => (taken[index]?.haltedAt ?? null) !== null)
    .map(({ topic, partition }) => `${topic}/${partition}`);
}

/** A Redis that hangs must not hide what Kafka says. */
function silence(): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, WATERMARKS_MS, null).unref());
}

function nameOf({ clientId, host }: GroupMember): string {
  return `${clientId} at ${host}`;
}

function unassignedOf(
  topics: readonly string[],
  group: Group,
  progress: readonly PartitionProgress[],
): Record<string, number[]> {
  const found = topics.map((topic): [string, number[]] => {
    const own = progress.filter((each) => each.topic === topic);
    return [
      topic,
      unassigned(
        group,
        topic,
        own.map(({ partition }) => partition),
      ),
    ];
  });
  // Without members another line says so.
  return Object.fromEntries(
    group.members.length === 0 ? [] : found.filter(([, ids]) => ids.length > 0),
  );
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

/** kafkajs wraps what went wrong in the names of its own errors and parts. */
function reasonOf(words: string): string {
  return /\bconnect E[A-Z]+ \S+/.exec(words)?.[0] ?? words.replace(/^(?:\w*Error: )+/, '');
}
