import { highWatermarkOf } from '#kafka/fetch/response.ts';
import type { KafkaObserver } from '#kafka/observer.ts';
import type { IntakeStore } from '#store/intake/writer.ts';
import type { IngestMetrics } from '../metrics.ts';
import type { AssignedPartitions } from './partitions.ts';

/** Topic → the partitions of this member. */
type Assignment = Readonly<Record<string, readonly number[]>>;

interface LagDeps {
  readonly observer: Pick<KafkaObserver, 'logEnds'>;
  readonly topics: readonly string[];
  readonly partitions: Pick<AssignedPartitions, 'nextOffset'>;
  readonly store: Pick<IntakeStore, 'watermarks'>;
  readonly metrics: Pick<IngestMetrics, 'ingestLag' | 'ingestOpenTransactions'>;
}

/** How far ingest is behind Kafka. It asks the brokers, because a paused consumer hears of no message. */
export class LagCollector {
  private assignment: Assignment = {};
  private readonly deps: LagDeps;

  constructor(deps: LagDeps) {
    this.deps = deps;
  }

  /** Partitions of the last assignment are reported by other members from now on. */
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
    const { partitions, store, metrics } = this.deps;
    const own = (assignment[topic] ?? []).map((partition) => ({ topic, partition }));
    if (own.length === 0) return;
    const watermarks = await store.watermarks(own);
    if (assignment !== this.assignment) return;
    for (const [index, { partition }] of own.entries()) {
      const { low = 0, high = 0 } = ends.get(partition) ?? {};
      const next = partitions.nextOffset(topic, partition) ?? watermarks[index]?.offset ?? low;
      // Messages behind an open transaction cannot be read yet: they are no lag.
      const open = (highWatermarkOf(topic, partition) ?? high) - Math.max(high, next);
      const labels = { topic, partition: String(partition) };
      metrics.ingestLag.set(labels, Math.max(0, high - next));
      metrics.ingestOpenTransactions.set(labels, Math.max(0, open));
    }
  }
}
