import { highWatermarkOf } from '#kafka/fetch/install.ts';
import type { KafkaObserver } from '#kafka/observer.ts';
import type { IntakeStore } from '#store/intake/writer.ts';
import type { IngestMetrics } from '../metrics.ts';
import type { AssignedPartitions } from './partitions.ts';

/** Topic → the partitions of this member. */
export type Assignment = Readonly<Record<string, readonly number[]>>;

export interface LagDeps {
  readonly observer: KafkaObserver;
  readonly topics: readonly string[];
  readonly partitions: Pick<AssignedPartitions, 'nextOffset'>;
  readonly store: Pick<IntakeStore, 'watermarks'>;
  readonly metrics: IngestMetrics;
}

interface PartitionLag {
  readonly partition: number;
  /** Messages that can be read and are not. */
  readonly messages: number;
  /** Messages that cannot be read, because a transaction before them is open. */
  readonly open: number;
}

/** How far ingest is behind Kafka. It asks the brokers, because a paused consumer learns of no new message. */
export class LagCollector {
  private assignment: Assignment = {};
  private readonly deps: LagDeps;

  constructor(deps: LagDeps) {
    this.deps = deps;
  }

  /** The partitions of the last assignment are another member's to report now. */
  assigned(assignment: Assignment): void {
    this.assignment = assignment;
    this.deps.metrics.ingestLag.reset();
    this.deps.metrics.ingestOpenTransactions.reset();
  }

  async collect(): Promise<void> {
    const { observer, topics } = this.deps;
    const { assignment } = this;
    const ends = await Promise.all(topics.map((topic) => observer.logEnds(topic)));
    for (const [index, topic] of topics.entries()) {
      await this.collectTopic(topic, ends[index] ?? new Map(), assignment);
    }
  }

  private async collectTopic(
    topic: string,
    ends: Awaited<ReturnType<KafkaObserver['logEnds']>>,
    assignment: Assignment,
  ): Promise<void> {
    const { metrics } = this.deps;
    const mine = await this.lagsOf(topic, assignment[topic] ?? [], ends);
    if (assignment !== this.assignment) return;
    for (const { partition, messages, open } of mine) {
      metrics.ingestLag.set({ topic, partition: String(partition) }, messages);
      metrics.ingestOpenTransactions.set({ topic, partition: String(partition) }, open);
    }
  }

  private async lagsOf(
    topic: string,
    numbers: readonly number[],
    ends: Awaited<ReturnType<KafkaObserver['logEnds']>>,
  ): Promise<PartitionLag[]> {
    if (numbers.length === 0) return [];
    const { partitions, store } = this.deps;
    const at = numbers.map((partition) => ({ topic, partition }));
    const watermarks = await store.watermarks(at);
    return at.map(({ partition }, index) => {
      const { low = 0, high = 0 } = ends.get(partition) ?? {};
      const next = partitions.nextOffset(topic, partition) ?? watermarks[index]?.offset ?? low;
      const open = Math.max(0, (highWatermarkOf(topic, partition) ?? high) - Math.max(high, next));
      return { partition, messages: Math.max(0, high - next), open };
    });
  }
}
