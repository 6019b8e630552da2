import type { KafkaWork } from '#kafka/fault.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import type { IntakeStore, WatermarkStep } from '#store/intake/writer.ts';
import {
  type FetchedBatch,
  goesOn,
  type MissingOffsets,
  missingBefore,
  type Position,
  resolveStart,
} from './positions.ts';

interface Partition {
  readonly topic: string;
  readonly partition: number;
  position: Position | null;
  seekIssued: boolean;
  /** The watermark as far as we know it; null when it is not known or there is none. */
  written: number | null;
  committed: number | null;
}

export type NextStep =
  | { readonly kind: 'read'; readonly position: Position; readonly missing: MissingOffsets | null }
  | { readonly kind: 'seek'; readonly offset: number }
  /** What is known does not fit any more: the watermarks must be asked again. */
  | { readonly kind: 'reread' }
  /** The topic was recreated; its watermark says so now, and it is read from its beginning. */
  | { readonly kind: 'recreated'; readonly before: Watermark | null; readonly to: Watermark }
  /** Not to be read until a person says where; `found` the first time. */
  | { readonly kind: 'halt'; readonly watermark: Watermark; readonly found: boolean };

export interface PartitionsOptions {
  /** Where the group begins without a watermark: its committed offset, or the oldest message. */
  readonly committed: (topic: string, partition: number) => Promise<number>;
  /** Asks until Kafka says so. */
  readonly kafkaWork: Pick<KafkaWork, 'retryUntilDone'>;
  /** A clock that never goes back, in ms. */
  readonly now?: () => number;
}

/**
 * How long a partition is read before anything of it is committed, in ms. A Redis that goes back to
 * before the first watermark of a partition knows nothing of it, and then Kafka's committed offset
 * says where to read on: it must not be younger than what such a Redis may have lost.
 */
export const FIRST_COMMIT_MS = 60_000;

/** Where every partition of this member stands. Forgotten whenever the group changes. */
export class AssignedPartitions {
  private readonly store: IntakeStore;
  private readonly options: Required<PartitionsOptions>;
  private known = new Map<string, Partition>();
  /** Where to read on with a Redis that knows nothing of a partition: what is before is committed. */
  private readonly floors = new Map<string, number>();
  /** When this member read the first batch of a partition, by our own clock. */
  private readonly begun = new Map<string, number>();
  /** Goes up when everything is forgotten: what was read under another epoch is void. */
  epoch = 0;

  constructor(store: IntakeStore, options: PartitionsOptions) {
    this.store = store;
    this.options = { now: () => performance.now(), ...options };
  }

  /** What to do with a batch; asks Redis only the first time. */
  async next(topic: string, partition: number, batch: FetchedBatch): Promise<NextStep> {
    const found = this.partitionOf(topic, partition);
    const { position } = found;
    if (position !== null) return readOn(position, batch);
    const at = { topic, partition };
    const [watermark = null] = await this.store.watermarks([at]);
    const floor = watermark === null ? await this.floor(topic, partition) : null;
    if (floor !== null && batch.firstOffset > floor && !found.seekIssued) {
      // What was read before this batch is void: nothing of it was taken, or Redis has lost it.
      found.seekIssued = true;
      return { kind: 'seek', offset: floor };
    }
    const decided = resolveStart(watermark, batch, found.seekIssued);
    switch (decided.kind) {
      case 'seek':
        found.seekIssued = true;
        return decided;
      case 'halted':
        return { kind: 'halt', watermark: decided.watermark, found: false };
      case 'recreated':
      case 'truncated':
        return this.rewrite(at, watermark, decided);
      case 'read':
        this.adopt(found, decided.position);
        return decided;
    }
  }

  /** Another process may have been faster: then the watermark is asked again. */
  private async rewrite(
    at: { topic: string; partition: number },
    before: Watermark | null,
    { kind, to }: { kind: 'recreated' | 'truncated'; to: Watermark },
  ): Promise<NextStep> {
    if (before === null || !(await this.store.replace(at, before, to))) return { kind: 'reread' };
    this.drop(at.topic, at.partition);
    this.floors.delete(keyOf(at.topic, at.partition));
    if (kind === 'recreated') return { kind, before, to };
    return { kind: 'halt', watermark: to, found: true };
  }

  /** Forgotten meanwhile: then this answer belongs to a group that is no more. */
  private adopt(found: Partition, position: Position): void {
    const key = keyOf(found.topic, found.partition);
    if (this.known.get(key) !== found) return;
    found.position = position;
    if (!this.begun.has(key)) this.begun.set(key, this.options.now());
  }

  markWritten(steps: readonly WatermarkStep[]): void {
    for (const { topic, partition, to } of steps) {
      const found = this.known.get(keyOf(topic, partition));
      if (found !== undefined) found.written = to;
    }
  }

  /** What is in Redis and not yet committed to Kafka, of partitions that are read for long enough. */
  uncommitted(): { topic: string; partition: number; offset: string }[] {
    const due = this.options.now() - FIRST_COMMIT_MS;
    const old = (key: string): boolean => (this.begun.get(key) ?? Number.POSITIVE_INFINITY) <= due;
    return [...this.known.values()]
      .filter(({ topic, partition }) => old(keyOf(topic, partition)))
      .filter(({ written, committed }) => written !== null && written !== committed)
      .map(({ topic, partition, written }) => ({ topic, partition, offset: String(written) }));
  }

  markCommitted(offsets: readonly { topic: string; partition: number; offset: string }[]): void {
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

  /**
   * Where to read on without a watermark, however long Kafka takes to say so; null when everything was
   * forgotten meanwhile.
   */
  async floor(topic: string, partition: number): Promise<number | null> {
    const key = keyOf(topic, partition);
    const { epoch } = this;
    const current = (): boolean => this.epoch === epoch;
    const asked = await this.options.kafkaWork.retryUntilDone(
      'committed',
      async () => this.floors.get(key) ?? (await this.options.committed(topic, partition)),
      current,
      { of: key },
    );
    if (asked === null || !current()) return null;
    // What this member has committed meanwhile counts.
    if (!this.floors.has(key)) this.floors.set(key, asked);
    return this.floors.get(key) ?? null;
  }

  /** Forgets where partitions stand, so that the watermarks are asked again. */
  forget(): void {
    this.epoch += 1;
    this.known = new Map();
  }

  /** Forgets where one partition stands. */
  drop(topic: string, partition: number): void {
    this.known.delete(keyOf(topic, partition));
  }

  /** The group has assigned the partitions again. */
  reassign(): void {
    this.forget();
    this.floors.clear();
    this.begun.clear();
  }

  private partitionOf(topic: string, partition: number): Partition {
    const key = keyOf(topic, partition);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const fresh = {
      topic,
      partition,
      position: null,
      seekIssued: false,
      written: null,
      committed: null,
    };
    this.known.set(key, fresh);
    return fresh;
  }
}

function readOn(position: Position, batch: FetchedBatch): NextStep {
  if (!goesOn(position, batch)) return { kind: 'reread' };
  const missing = missingBefore(position.next, batch);
  if (missing !== null) position.next = missing.to;
  return { kind: 'read', position, missing };
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
