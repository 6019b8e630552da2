import type { KafkaConfiguration } from '#config/configuration.ts';
import { createKafka } from '#kafka/client.ts';
import { unassigned } from '#kafka/group.ts';
import { type KafkaObserver, observeKafka } from '#kafka/observer.ts';
import { readWatermarks } from '#store/intake/watermarks.ts';
import type { Store } from '#store/store.ts';
import type { ControlMetrics } from '../metrics.ts';

interface GroupGaugesOptions {
  readonly kafka: KafkaConfiguration;
  readonly store: Store;
  readonly metrics: ControlMetrics;
}

/** What the brokers say of the consumer group: its members, and the partitions that none of them reads. */
export class GroupGauges {
  private observer: Promise<KafkaObserver> | null = null;
  private readonly options: GroupGaugesOptions;

  constructor(options: GroupGaugesOptions) {
    this.options = options;
  }

  async collect(): Promise<void> {
    const { kafka, metrics } = this.options;
    const observer = await this.observe();
    const [group, ...ends] = await Promise.all([
      observer.group(kafka.groupId),
      ...kafka.topics.map((topic) => observer.logEnds(topic)),
    ]);
    const found = await Promise.all(
      kafka.topics.map(async (topic, index) => {
        const own = ends[index] ?? new Map();
        const unread = unassigned(group, topic, own.keys());
        return { topic, partitions: unread.length, lag: await this.lagOf(topic, unread, own) };
      }),
    );
    metrics.groupMembers.set(group.members.length);
    for (const { topic, partitions, lag } of found) {
      metrics.ingestUnassigned.set({ topic }, partitions);
      metrics.ingestUnassignedLag.set({ topic }, lag);
    }
  }

  async close(): Promise<void> {
    const observer = await this.observer?.catch(() => null);
    await observer?.close();
  }

  /** Connects when it is first needed, and again after it could not. */
  private observe(): Promise<KafkaObserver> {
    if (this.observer !== null) return this.observer;
    const client = createKafka({ ...this.options.kafka, retries: 2 });
    this.observer = observeKafka(client).catch((error: unknown) => {
      this.observer = null;
      throw error;
    });
    return this.observer;
  }

  private async lagOf(
    topic: string,
    partitions: readonly number[],
    ends: Awaited<ReturnType<KafkaObserver['logEnds']>>,
  ): Promise<number> {
    const { store, kafka } = this.options;
    const taken = await readWatermarks(
      store.redis,
      partitions.map((partition) => store.keys.watermark(kafka.groupId, topic, partition)),
    );
    return partitions.reduce((sum, partition, index) => {
      const { low = 0, high = 0 } = ends.get(partition) ?? {};
      return sum + Math.max(0, high - (taken[index]?.offset ?? low));
    }, 0);
  }
}
