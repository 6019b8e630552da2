import type { Admin } from 'kafkajs';
import type { KafkaClient } from './client.ts';
import { type ConsumerGroup, readGroup } from './group.ts';

/**
 * Where the log of a partition begins and ends: offsets of its oldest message and after its newest that
 * may be read. A transaction that is open ends it too.
 */
export interface LogEnds {
  readonly low: number;
  readonly high: number;
}

/** How far a group has come in a partition, as it has committed it. */
export interface PartitionProgress {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the next message to be read. */
  readonly next: number;
  /** Offset after the newest message. */
  readonly high: number;
}

/** Asks the brokers about topics and a group, again and again, over one connection. */
export interface KafkaObserver {
  /** By partition. */
  logEnds(topic: string): Promise<ReadonlyMap<number, LogEnds>>;
  group(groupId: string): Promise<ConsumerGroup>;
  /** How far a group has come in every partition of some topics. */
  progress(groupId: string, topics: readonly string[]): Promise<PartitionProgress[]>;
  close(): Promise<void>;
}

/** @throws Error, now or when asked, when no broker answers */
export async function observeKafka(kafka: KafkaClient): Promise<KafkaObserver> {
  let admin = await connected(kafka);
  const outdated: Admin[] = [];
  const logEnds = async (topic: string): Promise<Map<number, LogEnds>> => {
    const [known, { topics }] = await Promise.all([
      admin.fetchTopicOffsets(topic),
      admin.fetchTopicMetadata({ topics: [topic] }),
    ]);
    if (known.length >= (topics[0]?.partitions.length ?? 0)) return endsOf(known);
    // kafkajs keeps the partitions that it knows for five minutes, and cannot be told to ask.
    outdated.push(admin);
    admin = await connected(kafka);
    return endsOf(await admin.fetchTopicOffsets(topic));
  };
  return {
    logEnds,
    async group(groupId) {
      const { groups } = await admin.describeGroups([groupId]);
      return readGroup(groups[0]);
    },
    async progress(groupId, topics) {
      const [committed, ...ends] = await Promise.all([
        admin.fetchOffsets({ groupId, topics: [...topics] }),
        ...topics.map(logEnds),
      ]);
      return topics.flatMap((topic, index) => {
        const own = committed.find((each) => each.topic === topic)?.partitions ?? [];
        const offsets = new Map(own.map(({ partition, offset }) => [partition, Number(offset)]));
        return [...(ends[index] ?? [])].map(([partition, { low, high }]) => {
          // Where nothing is committed stands -1: the group will begin with the oldest message.
          const next = Math.max(offsets.get(partition) ?? -1, low);
          return { topic, partition, next, high };
        });
      });
    },
    async close() {
      await Promise.all([admin, ...outdated].map((each) => each.disconnect()));
    },
  };
}

async function connected(kafka: KafkaClient): Promise<Admin> {
  const admin = kafka.admin();
  await admin.connect();
  return admin;
}

function endsOf(
  ends: readonly { partition: number; low: string; high: string }[],
): Map<number, LogEnds> {
  return new Map(
    ends.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]),
  );
}
