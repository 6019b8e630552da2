import type { KafkaObserver } from '#kafka/observer.ts';
import type { IntakeStore } from '#queue/intake.ts';
import type { Metrics } from '#runtime/metrics/registry.ts';
import type { Partitions } from './partitions.ts';

/** Topic → the partitions of this member. */
export type Assignment = Readonly<Record<string, readonly number[]>>;

export interface LagRooms {
  readonly observer: KafkaObserver;
  readonly groupId: string;
  readonly partitions: Partitions;
  readonly watermarks: IntakeStore['watermarks'];
  readonly metrics: Metrics;
}

/**
 * How far ingest is behind Kafka. The brokers are asked, because a consumer that stands still is told
 * nothing of what arrives.
 */
export class Lag {
  private assignment: Assignment = {};
  private readonly rooms: LagRooms;

  constructor(rooms: LagRooms) {
    this.rooms = rooms;
  }

  /** Other partitions from now on: those of before are another member's to report. */
  assigned(assignment: Assignment): void {
    this.assignment = assignment;
    this.rooms.metrics.ingestLag.reset();
  }

  async collect(): Promise<void> {
    const { observer, groupId, metrics } = this.rooms;
    const { assignment } = this;
    const [members, ...lags] = await Promise.all([
      observer.members(groupId),
      ...Object.entries(assignment).map(([topic, mine]) => this.lagsOf(topic, mine)),
    ]);
    metrics.groupMembers.set(members);
    if (assignment !== this.assignment) return;
    for (const { topic, partition, messages } of lags.flat()) {
      metrics.ingestLag.set({ topic, partition: String(partition) }, messages);
    }
  }

  private async lagsOf(topic: string, mine: readonly number[]) {
    const { observer, partitions, watermarks } = this.rooms;
    const at = mine.map((partition) => ({ topic, partition }));
    const [ends, taken] = await Promise.all([observer.logEnds(topic), watermarks(at)]);
    return at.map(({ partition }, index) => {
      const { low = 0, high = 0 } = ends.get(partition) ?? {};
      const next = partitions.nextOffset(topic, partition) ?? taken[index]?.offset ?? low;
      return { topic, partition, messages: Math.max(0, high - next) };
    });
  }
}
