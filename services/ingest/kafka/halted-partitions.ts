import type { Logger } from '#process/logger.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import type { IntakeStore } from '#store/intake/writer.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { IngestMetrics } from '../metrics.ts';
import type { FetchGate } from './fetch-gate.ts';
import type { AssignedPartitions } from './partitions.ts';

export interface HaltedPartitionsDeps {
  readonly gate: Pick<FetchGate, 'halt'>;
  readonly partitions: Pick<AssignedPartitions, 'drop'>;
  readonly store: Pick<IntakeStore, 'watermarks'>;
  readonly work: Pick<RedisWork, 'attempt'>;
  readonly seek: (topic: string, partition: number, offset: number) => void;
  readonly metrics: Pick<IngestMetrics, 'ingestHalted'>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

interface HaltedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly watermark: Watermark;
}

/** Between two reads of their watermarks, in ms. */
const POLL_MS = 1000;

/**
 * Partitions that are not read, because their log ends before the watermark. A person moves the
 * watermark; then they are read again.
 */
export class HaltedPartitions {
  private readonly halted = new Map<string, HaltedPartition>();
  private readonly deps: HaltedPartitionsDeps;
  private timer: NodeJS.Timeout | null = null;

  constructor(deps: HaltedPartitionsDeps) {
    this.deps = deps;
  }

  /** @param found true when the end of the log was found out now, false when it was known */
  halt(topic: string, partition: number, watermark: Watermark, found: boolean): void {
    const key = `${topic}/${partition}`;
    const known = this.halted.has(key);
    this.halted.set(key, { topic, partition, watermark });
    if (!known) {
      const { offset, haltedAt } = watermark;
      const facts = { topic, partition, watermark: offset, logEnd: haltedAt, found };
      this.deps.logger.error(facts, 'the log ends before the watermark: the partition is halted');
    }
    this.apply(topic);
    this.timer ??= setTimeout(() => void this.poll(), POLL_MS);
  }

  /** The group has assigned partitions again: halted ones may be another member's now. */
  reassign(): void {
    const topics = new Set([...this.halted.values()].map(({ topic }) => topic));
    this.halted.clear();
    for (const topic of topics) this.apply(topic);
    this.stop();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  /** What is halted, as a message; null when nothing is. */
  fault(): string | null {
    const messages = [...this.halted.values()].map(
      ({ topic, partition, watermark: { offset, haltedAt } }) =>
        `${topic}/${partition} is halted: its log ended at ${haltedAt}, before the watermark ${offset}`,
    );
    return messages.length === 0 ? null : messages.join('; ');
  }

  private async poll(): Promise<void> {
    const { store, work } = this.deps;
    const { timer } = this;
    const asked = [...this.halted];
    // A failure is noted, and they are read again.
    const found = await work
      .attempt('watermarks', () => store.watermarks(asked.map(([, halted]) => halted)))
      .catch(() => null);
    asked.forEach(([key, halted], index) => {
      const watermark = found?.[index] ?? null;
      if (found === null || (watermark !== null && watermark.haltedAt !== null)) return;
      if (this.halted.get(key) === halted) this.resume(key, halted, watermark);
    });
    // Stopped, or started again for other partitions meanwhile.
    if (this.timer !== timer) return;
    this.timer = this.halted.size === 0 ? null : setTimeout(() => void this.poll(), POLL_MS);
  }

  private resume(
    key: string,
    { topic, partition }: HaltedPartition,
    watermark: Watermark | null,
  ): void {
    const { partitions, seek, logger } = this.deps;
    this.halted.delete(key);
    partitions.drop(topic, partition);
    if (watermark !== null) seek(topic, partition, watermark.offset);
    this.apply(topic);
    const facts = { topic, partition, from: watermark?.offset ?? null };
    logger.info(facts, 'the partition is read again');
  }

  private apply(topic: string): void {
    const halted = [...this.halted.values()];
    this.deps.gate.halt(halted);
    const count = halted.filter((each) => each.topic === topic).length;
    this.deps.metrics.ingestHalted.set({ topic }, count);
  }
}
