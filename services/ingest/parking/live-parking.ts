import type { KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import type { Watermark, WatermarkStep } from '#store/intake/watermarks.ts';
import type { ParkingOperation } from '#store/parking/operations.ts';
import type { ParkedAt, ParkedPartition } from '#store/parking/ranges.ts';

/**
 * What becomes of new events of a pixel in a partition: `parked` while they stay in Kafka; `closing`
 * while they are queued again, and its range in Redis is not at its end yet. Else they are queued.
 */
type Mode = 'parked' | 'closing';

type Park = Extract<ParkingOperation, { kind: 'park' }>;
type Close = Extract<ParkingOperation, { kind: 'close' }>;

/** A partition with parked ranges, as this member reads it. */
class Partition {
  readonly modes = new Map<string, Mode>();
  /** For the intake that is being read. */
  parks = new Map<string, { -readonly [Key in keyof Park]: Park[Key] }>();
  closes = new Map<string, Close>();
  /** Goes up with each intake that changes its ranges. */
  writes = 0;
  readonly at: ParkedAt;

  constructor(at: ParkedAt) {
    this.at = at;
  }

  close(pixelId: string, to: number | null): void {
    this.modes.set(pixelId, 'closing');
    this.closes.set(pixelId, { at: this.at, kind: 'close', pixelId, to });
  }

  get isIdle(): boolean {
    return this.parks.size === 0 && this.closes.size === 0;
  }
}

/**
 * Decides which events stay in Kafka. From the first one on a range holds every event of its pixel in
 * its partition: were some of them queued, it could not be read again without sending those twice. So an
 * event is queued again only once the range is closed in Redis, with the first intake that queues one.
 */
export class LiveParking {
  /** False while nothing is parked and no share is full: then an event costs this comparison. */
  any = false;
  private full: ReadonlySet<string> = new Set();
  private partitions = new Map<string, Partition>();
  /** Partitions whose changes are being written. */
  private underWay = new Set<Partition>();
  private configured: ReadonlySet<string>;

  /** @param pixelIds the configured pixels */
  constructor(pixelIds: readonly string[]) {
    this.configured = new Set(pixelIds);
  }

  /** Whether an event stays in Kafka; if so, it is noted for the next intake. */
  holds(pixelId: string, { topic, partition, offset, timestamp }: KafkaCoordinates): boolean {
    const key = keyOf({ topic, partition });
    const known = this.partitions.get(key);
    const mode = known?.modes.get(pixelId);
    if (mode !== 'parked' && (mode === 'closing' || !this.full.has(pixelId))) return false;
    const own = known ?? this.add(key, { topic, partition });
    own.modes.set(pixelId, 'parked');
    const park = own.parks.get(pixelId);
    if (park === undefined) {
      const stretch = { from: offset, to: offset + 1, events: 1, timestamp };
      own.parks.set(pixelId, { at: own.at, kind: 'park', pixelId, ...stretch });
    } else {
      park.to = offset + 1;
      park.events += 1;
    }
    return true;
  }

  /** The pixels whose lanes are halted and whose share of the queue is full. */
  setFull(pixelIds: ReadonlySet<string>): void {
    this.full = pixelIds;
    this.update();
  }

  /** The configured pixels. Nothing is parked for others: what they were to get is over. */
  configure(pixelIds: readonly string[]): void {
    this.configured = new Set(pixelIds);
    for (const own of this.partitions.values()) {
      for (const [pixelId, mode] of own.modes) {
        if (mode === 'parked' && !this.configured.has(pixelId)) own.close(pixelId, null);
      }
    }
  }

  /**
   * Goes on with the ranges of a partition before it is read. A range is closed where another release
   * or a person has moved the watermark meanwhile: then events after it may be in Redis.
   */
  load(
    at: ParkedAt,
    { ranges, seen, topicId }: ParkedPartition,
    watermark: Watermark | null,
  ): void {
    if (ranges.size === 0) return;
    const own = this.renew(at);
    const recreated = topicId !== null && (watermark?.topicId ?? topicId) !== topicId;
    const end = recreated ? 0 : (watermark?.offset ?? null);
    const continuous = !recreated && watermark !== null && seen === watermark.offset;
    for (const [pixelId, { closed }] of ranges) {
      if (continuous && closed) own.modes.set(pixelId, 'closing');
      else if (continuous && this.configured.has(pixelId)) own.modes.set(pixelId, 'parked');
      else own.close(pixelId, end);
    }
    this.update();
  }

  /** The positions are dropped: what was noted and not written is void. */
  forget(): void {
    this.partitions = new Map();
    this.underWay = new Set();
    this.update();
  }

  /** Events of a pixel are queued again, because its range will soon be at its end. */
  close(at: ParkedAt, pixelId: string): void {
    const own = this.partitions.get(keyOf(at));
    if (own?.modes.get(pixelId) === 'parked') own.close(pixelId, null);
  }

  /** What an intake with these steps changes: what belongs to no step waits for one. */
  take(steps: Iterable<WatermarkStep>): ParkingOperation[] {
    const operations: ParkingOperation[] = [];
    if (this.partitions.size === 0) return operations;
    for (const { topic, partition, to, topicId = null } of steps) {
      const own = this.partitions.get(keyOf({ topic, partition }));
      if (own === undefined) continue;
      const seen = { at: own.at, kind: 'seen', to, topicId } as const;
      operations.push(...own.parks.values(), ...own.closes.values(), seen);
      own.parks = new Map();
      own.closes = new Map();
      this.underWay.add(own);
    }
    return operations;
  }

  /** The intake of the last {@link LiveParking.take} is in Redis. */
  onWritten(): void {
    for (const own of this.underWay) own.writes += 1;
    this.underWay = new Set();
  }

  /** To be asked before ranges are read for {@link LiveParking.prune}; null while a change is not written. */
  mark(at: ParkedAt): number | null {
    const own = this.partitions.get(keyOf(at));
    if (own === undefined || !own.isIdle || this.underWay.has(own)) return null;
    return own.writes;
  }

  /** Forgets the ranges that have come to their end. */
  prune(at: ParkedAt, ranges: ReadonlyMap<string, unknown>, mark: number | null): void {
    const key = keyOf(at);
    const own = this.partitions.get(key);
    if (own === undefined || mark === null || this.mark(at) !== mark) return;
    for (const [pixelId, mode] of own.modes) {
      if (mode === 'closing' && !ranges.has(pixelId)) own.modes.delete(pixelId);
    }
    if (own.modes.size === 0) this.partitions.delete(key);
    this.update();
  }

  /** What is noted for the next intake stays noted. */
  private renew(at: ParkedAt): Partition {
    const own = new Partition(at);
    own.parks = this.partitions.get(keyOf(at))?.parks ?? own.parks;
    this.partitions.set(keyOf(at), own);
    return own;
  }

  private add(key: string, at: ParkedAt): Partition {
    const known = this.partitions.get(key);
    if (known !== undefined) return known;
    const own = new Partition(at);
    this.partitions.set(key, own);
    return own;
  }

  private update(): void {
    this.any = this.full.size > 0 || this.partitions.size > 0;
  }
}

function keyOf({ topic, partition }: ParkedAt): string {
  return `${topic}/${partition}`;
}
