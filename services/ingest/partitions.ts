import type { IntakeStore, WatermarkStep } from '#queue/intake.ts';
import { approach, type Fetched, type Position } from './positions.ts';

interface Partition {
  readonly topic: string;
  readonly partition: number;
  position: Position | null;
  sought: boolean;
  /** The watermark as far as we know it; null when it is not known or there is none. */
  taken: number | null;
  committed: number | null;
}

export type Next =
  | { readonly kind: 'read'; readonly position: Position; readonly missing: number }
  | { readonly kind: 'seek'; readonly offset: number };

/** Where every partition of this member stands. Forgotten whenever the group changes. */
export class Partitions {
  private readonly store: IntakeStore;
  private known = new Map<string, Partition>();
  /** Where this member would begin with a Redis that knows nothing: what is before is committed. */
  private readonly floors = new Map<string, number>();
  /** Goes up when everything is forgotten: what was read under another epoch is void. */
  epoch = 0;

  constructor(store: IntakeStore) {
    this.store = store;
  }

  /** What to do with a batch; asks Redis only the first time. */
  async next(topic: string, partition: number, batch: Fetched): Promise<Next> {
    const found = this.find(topic, partition);
    const { position } = found;
    if (position !== null) {
      // The log ends before what was read of it: the topic was made anew while we read.
      if (batch.endOffset < position.next) position.next = batch.firstOffset;
      return { kind: 'read', position, missing: 0 };
    }
    const [stored] = await this.store.watermarks([{ topic, partition }]);
    const watermark = stored?.offset ?? null;
    const floor = this.floor(topic, partition);
    if (watermark === null && floor !== null && batch.firstOffset > floor && !found.sought) {
      // What was read before this batch became void before any of it was taken.
      found.sought = true;
      return { kind: 'seek', offset: floor };
    }
    const decided = approach(watermark, batch, found.sought);
    if (decided.kind === 'seek') {
      found.sought = true;
      return { kind: 'seek', offset: decided.offset };
    }
    const missing = decided.kind === 'read' ? batch.firstOffset - decided.position.next : 0;
    // Forgotten meanwhile: then this answer belongs to a group that is no more.
    if (this.known.get(keyOf(topic, partition)) === found) {
      found.position = decided.position;
      if (floor === null) this.floors.set(keyOf(topic, partition), decided.position.next);
    }
    return { kind: 'read', position: decided.position, missing: Math.max(missing, 0) };
  }

  taken(steps: readonly WatermarkStep[]): void {
    for (const { topic, partition, to } of steps) {
      const found = this.known.get(keyOf(topic, partition));
      if (found !== undefined) found.taken = to;
    }
  }

  /** What is in Redis and not yet committed to Kafka. */
  uncommitted(): { topic: string; partition: number; offset: string }[] {
    return [...this.known.values()]
      .filter(({ taken, committed }) => taken !== null && taken !== committed)
      .map(({ topic, partition, taken }) => ({ topic, partition, offset: String(taken) }));
  }

  committed(offsets: readonly { topic: string; partition: number; offset: string }[]): void {
    for (const { topic, partition, offset } of offsets) {
      const found = this.known.get(keyOf(topic, partition));
      if (found !== undefined) found.committed = Number(offset);
      this.floors.set(keyOf(topic, partition), Number(offset));
    }
  }

  /** The next offset to be read; null where nothing has been fetched since the group changed. */
  nextOffset(topic: string, partition: number): number | null {
    return this.known.get(keyOf(topic, partition))?.position?.next ?? null;
  }

  /** Where to read on without a watermark; null when this member has read nothing of it. */
  floor(topic: string, partition: number): number | null {
    return this.floors.get(keyOf(topic, partition)) ?? null;
  }

  /** Forgets where partitions stand, so that the watermarks are asked again. */
  forget(): void {
    this.epoch += 1;
    this.known = new Map();
  }

  /** The group has dealt the partitions out anew. */
  reassign(): void {
    this.forget();
    this.floors.clear();
  }

  private find(topic: string, partition: number): Partition {
    const key = keyOf(topic, partition);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const fresh = { topic, partition, position: null, sought: false, taken: null, committed: null };
    this.known.set(key, fresh);
    return fresh;
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
