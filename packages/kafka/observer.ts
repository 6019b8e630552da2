import kafkajs, { type Admin } from 'kafkajs';
import type { KafkaClient } from './client.ts';
import { type ConsumerGroup, readGroup } from './group.ts';

/**
 * Offsets of a partition's log: of the oldest message, and after the newest that can be read. An open
 * transaction ends the log too.
 */
export interface LogEnds {
  readonly low: number;
  readonly high: number;
}

/** How far a group has committed a partition. */
export interface PartitionProgress {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to read. */
  readonly next: number;
  /** The offset after the newest message. */
  readonly high: number;
}

/** @throws Error when no broker answers */
export async function observeKafka(kafka: KafkaClient): Promise<KafkaObserver> {
  return new KafkaObserver(kafka, await connect(kafka));
}

/** Asks the brokers about topics and groups over one connection. Each call throws when no broker answers. */
export class KafkaObserver {
  private readonly kafka: KafkaClient;
  private admin: Admin;
  private readonly outdated: Admin[] = [];

  constructor(kafka: KafkaClient, admin: Admin) {
    this.kafka = kafka;
    this.admin = admin;
  }

  /** By partition. */
  async logEnds(topic: string): Promise<ReadonlyMap<number, LogEnds>> {
    const [known, { topics }] = await Promise.all([
      this.admin.fetchTopicOffsets(topic),
      this.admin.fetchTopicMetadata({ topics: [topic] }),
    ]);
    if (known.length >= (topics[0]?.partitions.length ?? 0)) return endsOf(known);
    // kafkajs keeps the partitions that it knows for five minutes, and cannot be told to ask.
    this.outdated.push(this.admin);
    this.admin = await connect(this.kafka);
    return endsOf(await this.admin.fetchTopicOffsets(topic));
  }

  /**
   * How long the messages of a topic are kept, in ms; -1 for ever; null where Kafka does not say. It keeps
   * them at least as long: a segment is deleted once its newest message is older.
   * Source: kafka.apache.org/documentation/#topicconfigs_retention.ms; the user wants DescribeConfigs.
   */
  async retentionMs(topic: string): Promise<number | null> {
    const { resources } = await this.admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms'] },
      ],
    });
    const [entry] = resources[0]?.configEntries ?? [];
    const ms = Number(entry?.configValue ?? Number.NaN);
    return Number.isSafeInteger(ms) ? ms : null;
  }

  async group(groupId: string): Promise<ConsumerGroup> {
    const { groups } = await this.admin.describeGroups([groupId]);
    return readGroup(groups[0]);
  }

  /** How far a group has committed every partition of some topics. */
  async progress(groupId: string, topics: readonly string[]): Promise<PartitionProgress[]> {
    const [committed, ...ends] = await Promise.all([
      this.admin.fetchOffsets({ groupId, topics: [...topics] }),
      ...topics.map((topic) => this.logEnds(topic)),
    ]);
    return topics.flatMap((topic, index) => {
      const own = committed.find((each) => each.topic === topic)?.partitions ?? [];
      const offsets = new Map(own.map(({ partition, offset }) => [partition, Number(offset)]));
      return [...(ends[index] ?? [])].map(([partition, { low, high }]) => {
        // -1 means that nothing is committed: the group starts with the oldest message.
        const next = Math.max(offsets.get(partition) ?? -1, low);
        return { topic, partition, next, high };
      });
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.admin, ...this.outdated].map((each) => each.disconnect()));
  }
}

async function connect(kafka: KafkaClient): Promise<Admin> {
  const admin = kafka.admin();
  await admin.connect();
  return admin;
}

function endsOf(ends: readonly { partition: number; low: string; high: string }[]) {
  return new Map(
    ends.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]),
  );
}
