import type { KafkaClient } from './client.ts';

/** Where the log of a partition begins and ends: offsets of its oldest message and after its newest. */
export interface LogEnds {
  readonly low: number;
  readonly high: number;
}

/** Asks the brokers about topics and a group, again and again, over one connection. */
export interface KafkaObserver {
  /** By partition. */
  logEnds(topic: string): Promise<ReadonlyMap<number, LogEnds>>;
  members(groupId: string): Promise<number>;
  close(): Promise<void>;
}

/** @throws Error, now or when asked, when no broker answers */
export async function observeKafka(kafka: KafkaClient): Promise<KafkaObserver> {
  const admin = kafka.admin();
  await admin.connect();
  return {
    async logEnds(topic) {
      const ends = await admin.fetchTopicOffsets(topic);
      return new Map(
        ends.map(({ partition, low, high }) => [
          partition,
          { low: Number(low), high: Number(high) },
        ]),
      );
    },
    async members(groupId) {
      const { groups } = await admin.describeGroups([groupId]);
      return groups[0]?.members.length ?? 0;
    },
    close: () => admin.disconnect(),
  };
}
