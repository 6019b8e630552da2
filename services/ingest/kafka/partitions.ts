import type { KafkaWork } from '#kafka/fault.ts';
import type { KafkaObserver } from '#kafka/observer.ts';
import type { Watermark, WatermarkStep } from '#store/intake/watermarks.ts';
import type { IntakeStore } from '#store/intake/writer.ts';
import type { LiveParking } from '../parking/live-parking.ts';
import {
  type BatchStart,
  continues,
  type FetchedBatch,
  missingBefore,
  type Position,
  resolveStart,
} from './positions.ts';

interface Partition {
  readonly topic: string;
  readonly partition: number;
  position: Position | null;
  seekIssued: boolean;
  /** The watermark as this member knows it; null when it is not known, or there is none. */
  written: number | null;
  committed: number | null;
}

export type NextStep =
  | Extract<BatchStart, { kind: 'read' | 'seek' }>
  /** The known position does not fit: the watermarks must be read again. */
  | { readonly kind: 'reread' }
  /** The topic was recreated; its watermark has been reset, and it is read from its start. */
  | { readonly kind: 'recreated'; readonly before: Watermark | null; readonly to: Watermark }
  /** Not read until a person moves the watermark; `found` when it was found out now. */
  | { readonly kind: 'halt'; readonly watermark: Watermark; readonly found: boolean };

interface PartitionsOptions {
  /** Where the group starts without a watermark: its committed offset, or the oldest message. */
  readonly committed: (topic: string, partition: number) => Promise<number>;
  /** Asks until Kafka answers. */
  readonly kafkaWork: Pick<KafkaWork, 'retryUntilDone'>;
  readonly parking: Pick<LiveParking, 'load' | 'forget'>;
  /** A monotonic clock, in ms. */
  readonly now?: () => number;
}

/**
 * How long a partition is read before its first commit, in ms. If Redis goes back to before the first
 * watermark of a partition, Kafka's committed offset says where to read on: it must not be newer than
 * what such a Redis may have lost.
 */
export const FIRST_COMMIT_MS = 60_000;

/** The positions of the partitions of this member. They are dropped whenever the group changes. */
export class AssignedPartitions {
  private readonly store: Pick<IntakeStore, 'watermarks' | 'replace' | 'parked'>;
  private readonly options: Required<PartitionsOptions>;
  private known = new Map<string, Partition>();
  /** Where to read on when Redis has no watermark: what is before is committed. */
  private readonly floors = new Map<string, number>();
  /** When this member read its first batch of a partition, by its own clock. */
  private readonly firstReadAt = new Map<string, number>();
  /** Goes up when the positions are dropped: what was read under another epoch is void. */
  epoch = 0;

  constructor(
    store: Pick<IntakeStore, 'watermarks' | 'replace' | 'parked'>,
    options: PartitionsOptions,
  ) {
    this.store = store;
    this.options = { now: () => performance.now(), ...options };
  }

  /** What to do with a batch; reads the watermark only for the first one. */
  async next(topic: string, partition: number, batch: FetchedBatch): Promise<NextStep> {
    const found = this.partitionOf(topic, partition);
    const { position } = found;
    if (position !== null) return readOn(position, batch);
    const at = { topic, partition };
    const { epoch } = this;
    const [watermark = null] = await this.store.watermarks([at]);
    const floor = watermark === null ? await this.floor(topic, partition) : null;
    if (floor !== null && batch.firstOffset > floor && !found.seekIssued) {
      // What was read before this batch is void: it was not written, or Redis has lost it.
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
      case 'read': {
        const parked = await this.store.parked(at);
        if (this.epoch === epoch) this.options.parking.load(at, parked, watermark);
        this.adopt(found, decided.position);
        return decided;
      }
    }
  }

  /** If another process moved the watermark first, it is read again. */
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

  /** Ignored when the positions were dropped meanwhile: this one is of an earlier epoch. */
  private adopt(found: Partition, position: Position): void {
    const key = keyOf(found.topic, found.partition);
    if (this.known.get(key) !== found) return;
    found.position = position;
    if (!this.firstReadAt.has(key)) this.firstReadAt.set(key, this.options.now());
  }

  markWritten(steps: readonly WatermarkStep[]): void {
    for (const { topic, partition, to } of steps) {
      const found = this.known.get(keyOf(topic, partition));
      if (found !== undefined) found.written = to;
    }
  }

  /** What is in Redis and not committed to Kafka, of partitions that were read long enough. */
  uncommitted(): { topic: string; partition: number; offset: string }[] {
    const due = this.options.now() - FIRST_COMMIT_MS;
    const old = (key: string): boolean =>
      (this.firstReadAt.get(key) ?? Number.POSITIVE_INFINITY) <= due;
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

  /** The next offset to read; null where nothing was fetched since the group changed. */
  nextOffset(topic: string, partition: number): number | null {
    return this.known.get(keyOf(topic, partition))?.position?.next ?? null;
  }

  /**
   * Where to read on without a watermark, however long Kafka takes to answer; null when the positions
   * were dropped meanwhile.
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

  /** Drops all positions, so that the watermarks are read again. */
  forget(): void {
    this.epoch += 1;
    this.known = new Map();
    this.options.parking.forget();
  }

  /** Drops the position of one partition. */
  drop(topic: string, partition: number): void {
    this.known.delete(keyOf(topic, partition));
  }

  /** The group has assigned the partitions again. */
  reassign(): void {
    this.forget();
    this.floors.clear();
    this.firstReadAt.clear();
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
  if (!continues(position, batch)) return { kind: 'reread' };
  const missing = missingBefore(position.next, batch);
  if (missing !== null) position.next = missing.to;
  return { kind: 'read', position, missing };
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** Asks Kafka for committed offsets; partitions of a topic that ask at the same time ask once. */
export function committedOffsets(
  observer: Pick<KafkaObserver, 'progress'>,
  groupId: string,
): (topic: string, partition: number) => Promise<number> {
  const asking = new Map<string, ReturnType<KafkaObserver['progress']>>();
  const ask = (topic: string) =>
    observer.progress(groupId, [topic]).finally(() => asking.delete(topic));
  return async (topic, partition) => {
    const progress = asking.get(topic) ?? ask(topic);
    asking.set(topic, progress);
    const own = (await progress).find((each) => each.partition === partition);
    if (own !== undefined) return own.next;
    throw new Error(`Kafka does not know partition ${partition} of ${topic}`);
  };
}
