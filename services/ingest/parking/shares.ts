import type { Configuration } from '#config/configuration.ts';
import type { Halt, HaltState } from '#core/delivery/halt.ts';
import type { LiveParking } from './live-parking.ts';

/**
 * The halts that wait for a person, and concern one pixel. Throttled and failing lanes recover by
 * themselves, and often all of them are halted at once: then Kafka waits.
 */
const PARKING_STATES: ReadonlySet<HaltState> = new Set<HaltState>(['blocked', 'paused']);

interface Limits {
  readonly backpressure: Pick<Configuration['ingest']['backpressure'], 'resumeAtEvents'>;
  readonly parking: Configuration['ingest']['parking'];
}

/** Events of a halted pixel that may wait in Redis. */
export function shareOf({ backpressure, parking }: Limits, pixels: number): number {
  if (parking.shareEvents !== null) return parking.shareEvents;
  // One pixel alone stops no other: Kafka waits for it.
  if (pixels < 2) return Number.POSITIVE_INFINITY;
  // Were all lanes halted, half of what lets Kafka be read would still be free.
  return Math.max(Math.floor(backpressure.resumeAtEvents / 2 / pixels), 1);
}

interface SharesOptions {
  readonly parking: Pick<LiveParking, 'setFull'>;
  /** Told when the share of a pixel is full, and its lane halted. */
  readonly onFull: (pixelId: string, queued: number) => void;
}

/** Which pixels fill their share of the queue while their lanes are halted, as the last poll found. */
export class Shares {
  /** Events of a halted pixel that may wait in Redis. */
  limit: number;
  private halted: ReadonlySet<string> = new Set();
  /** Null before the first poll. */
  private queued: Map<string, number> | null = null;
  private full: ReadonlySet<string> = new Set();
  private readonly options: SharesOptions;

  constructor(limit: number, options: SharesOptions) {
    this.limit = limit;
    this.options = options;
  }

  /**
   * @param queued events of each pixel in Redis
   * @param board the halted lanes, by pixel; null where they are not known now
   */
  update(
    queued: ReadonlyMap<string, number>,
    board: ReadonlyMap<string, { readonly halt: Pick<Halt, 'state'> }> | null,
  ): void {
    if (board === null) return;
    this.halted = new Set(board.keys());
    this.queued = new Map(queued);
    const before = this.full;
    const full = [...board].flatMap(([pixelId, { halt }]) => {
      const isFull = (queued.get(pixelId) ?? 0) >= this.limit;
      return isFull && PARKING_STATES.has(halt.state) ? [pixelId] : [];
    });
    this.full = new Set(full);
    this.options.parking.setFull(this.full);
    for (const pixelId of full) {
      if (!before.has(pixelId)) this.options.onFull(pixelId, queued.get(pixelId) ?? 0);
    }
  }

  /** Whether the lane of a pixel is active, and has room for events that are read again. */
  hasRoom(pixelId: string): boolean {
    if (this.queued === null || this.halted.has(pixelId)) return false;
    return (this.queued.get(pixelId) ?? 0) < this.limit;
  }

  /** Events of a pixel have been queued since the last poll. */
  add(pixelId: string, events: number): void {
    this.queued?.set(pixelId, (this.queued.get(pixelId) ?? 0) + events);
  }
}
