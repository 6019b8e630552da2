import type { KafkaConfiguration } from '#config/configuration.ts';
import { createKafka } from '#kafka/client.ts';
import { unassigned } from '#kafka/group.ts';
import { type KafkaObserver, type LogEnds, observeKafka } from '#kafka/observer.ts';
import { readWatermarks } from '#store/intake/watermarks.ts';
import type { Store } from '#store/store.ts';
import type { ControlMetrics } from '../metrics.ts';

interface GroupGaugesOptions {
  readonly kafka: KafkaConfiguration;
  readonly store: Store;
  readonly metrics: ControlMetrics;
}

/** What the brokers say of the consumer group: its members, and the partitions that none of them reads. */
export function createGroupGauges({ kafka, store, metrics }: GroupGaugesOptions) {
  let observing: Promise<KafkaObserver> | null = null;
  /** Connects when it is first needed, and again after it could not. */
  const observe = (): Promise<KafkaObserver> => {
    observing ??= observeKafka(createKafka({ ...kafka, retries: 2 })).catch((error: unknown) => {
      observing = null;
      throw error;
    });
    return observing;
  };
  return {
    async collect() {
      const observer = await observe();
      const [group, ...ends] = await Promise.all([
        observer.group(kafka.groupId),
        ...kafka.topics.map((topic) => observer.logEnds(topic)),
      ]);
      const found = await Promise.all(
        kafka.topics.map(async (topic, index) => {
          const own = ends[index] ?? new Map();
          const unread = unassigned(group, topic, own.keys());
          return {
            topic,
            partitions: unread.length,
            lag: await lagOf({ kafka, store }, topic, unread, own),
          };
        }),
      );
      metrics.groupMembers.set(group.members.length);
      for (const { topic, partitions, lag } of found) {
        metrics.ingestUnassigned.set({ topic }, partitions);
        metrics.ingestUnassignedLag.set({ topic }, lag);
      }
    },
    async close() {
      await (await observing?.catch(() => null))?.close();
    },
  };
}

async function lagOf(
  { kafka, store }: Pick<GroupGaugesOptions, 'kafka' | 'store'>,
  topic: string,
  partitions: readonly number[],
  ends: ReadonlyMap<number, LogEnds>,
): Promise<number> {
  const places = partitions.map((partition) => ({ topic, partition }));
  const taken = await readWatermarks(store, kafka.groupId, places);
  return partitions.reduce((sum, partition, index) => {
    const { low = 0, high = 0 } = ends.get(partition) ?? {};
    return sum + Math.max(0, high - (taken[index]?.offset ?? low));
  }, 0);
}
