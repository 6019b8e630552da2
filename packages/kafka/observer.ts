import type { KafkaClient } from './client.ts';

/** Where the log of a partition begins and ends: offsets of its oldest message and after its newest. */
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
  members(groupId: string): Promise<number>;
  /** How far a group has come in every partition of some topics. */
  progress(groupId: string, topics: readonly string[]): Promise<PartitionProgress[]>;
  close(): Promise<void>;
}

/** @throws Error, now or when asked, when no broker answers */
export async function observeKafka(kafka: KafkaClient): Promise<KafkaObserver> {
  const admin = kafka.admin();
  await admin.connect();
  const logEnds = async (topic: string): Promise<Map<number, LogEnds>> => {
    const ends = await admin.fetchTopicOffsets(topic);
    return new Map(
      ends.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]),
    );
  };
  return {
    logEnds,
    async members(groupId) {
      const { groups } = await admin.describeGroups([groupId]);
      return groups[0]?.members.length ?? 0;
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
    close: () => admin.disconnect(),
  };
}
