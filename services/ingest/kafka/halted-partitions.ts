import type { Watermark } from '#store/intake/watermarks.ts';
import type { IntakeStore } from '#store/intake/writer.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { FetchGate } from './fetch-gate.ts';
import type { AssignedPartitions } from './partitions.ts';

interface Place {
  readonly topic: string;
  readonly partition: number;
}

export interface HaltedPartitionsDeps {
  readonly gate: Pick<FetchGate, 'halt' | 'release' | 'releaseAll'>;
  readonly partitions: Pick<AssignedPartitions, 'drop'>;
  readonly watermarks: IntakeStore['watermarks'];
  readonly work: RedisWork;
  readonly seek: (topic: string, partition: number, offset: number) => void;
  /** Told when a partition is halted or read again, with how many of its topic are halted now. */
  readonly onChange: (topic: string, halted: number) => void;
  readonly onHalted: (place: Place, watermark: Watermark, found: boolean) => void;
  readonly onResumed: (place: Place, watermark: Watermark | null) => void;
}

/** How often their watermarks are asked for a person's word, in ms. */
const LOOK_MS = 1000;

/**
 * Partitions that are not read, because their log ends before what was taken of it. A person says
 * where to go on by moving the watermark; then they are read again.
 */
export class HaltedPartitions {
  private readonly halted = new Map<string, Place & { readonly watermark: Watermark }>();
  private readonly options: HaltedPartitionsDeps;
  private timer: NodeJS.Timeout | null = null;

  constructor(options: HaltedPartitionsDeps) {
    this.options = options;
  }

  halt(topic: string, partition: number, watermark: Watermark, found: boolean): void {
    const { gate, onHalted, onChange } = this.options;
    gate.halt(topic, partition);
    const key = `${topic}/${partition}`;
    const known = this.halted.has(key);
    this.halted.set(key, { topic, partition, watermark });
    if (!known) onHalted({ topic, partition }, watermark, found);
    onChange(topic, this.count(topic));
    this.timer ??= setTimeout(() => void this.look(), LOOK_MS);
  }

  /** Other partitions from now on: those of before are another member's. */
  reassign(): void {
    const topics = new Set([...this.halted.values()].map(({ topic }) => topic));
    this.halted.clear();
    this.options.gate.releaseAll();
    for (const topic of topics) this.options.onChange(topic, 0);
    this.stop();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  /** What is halted, in words; null when nothing is. */
  fault(): string | null {
    const words = [...this.halted.values()].map(
      ({ topic, partition, watermark: { offset, haltedAt } }) =>
        `${topic}/${partition} is halted: its log ended at ${haltedAt}, before ${offset}, up to which it was taken`,
    );
    return words.length === 0 ? null : words.join('; ');
  }

  private async look(): Promise<void> {
    const { watermarks, work } = this.options;
    const asked = [...this.halted];
    // Its failure is noted, and it is asked again.
    const found = await work
      .attempt('watermarks', () => watermarks(asked.map(([, place]) => place)))
      .catch(() => null);
    asked.forEach(([key, place], index) => {
      const watermark = found?.[index] ?? null;
      if (found === null || (watermark !== null && watermark.haltedAt !== null)) return;
      if (this.halted.get(key) === place) this.resume(key, place, watermark);
    });
    this.timer = this.halted.size === 0 ? null : setTimeout(() => void this.look(), LOOK_MS);
  }

  private resume(key: string, { topic, partition }: Place, watermark: Watermark | null): void {
    const { gate, partitions, seek, onResumed, onChange } = this.options;
    this.halted.delete(key);
    partitions.drop(topic, partition);
    if (watermark !== null) seek(topic, partition, watermark.offset);
    gate.release(topic, partition);
    onResumed({ topic, partition }, watermark);
    onChange(topic, this.count(topic));
  }

  private count(topic: string): number {
    return [...this.halted.values()].filter((place) => place.topic === topic).length;
  }
}
