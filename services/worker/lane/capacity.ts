import { FairShare } from '#core/delivery/fair-share.ts';
import type { Reservation, Room } from '#store/delivery/room-gate.ts';

/** A worker holds no more envelopes, however few events they have. */
const MOST_ENVELOPES = 4000;

/** How many events are reserved for an envelope before it is fetched, in all lanes of a worker. */
interface EnvelopeSize {
  /** The most that one is known to hold. */
  largest: number;
  /** What even the smallest one counts as, so that small ones are bounded in number. */
  readonly least: number;
}

/** What the lanes of a process share. */
export class Capacity {
  /** Requests under way. */
  readonly requests: FairShare;
  /** Envelopes that are processed alone, because they may end the process. */
  readonly suspects = new FairShare(1);
  readonly turns = new Turns();
  /** Copies to shadow datasets that are under way. */
  copies = 0;
  /** Events in memory. */
  private readonly heldEvents: FairShare;
  private readonly size: EnvelopeSize;

  /**
   * @param largest the most events that ingest puts into an envelope; those of an older configuration
   * may hold more, which is known once they are fetched
   */
  constructor(limits: { requests: number; heldEvents: number }, largest: number) {
    this.requests = new FairShare(limits.requests);
    this.heldEvents = new FairShare(limits.heldEvents);
    this.size = { largest, least: Math.max(Math.ceil(limits.heldEvents / MOST_ENVELOPES), 1) };
  }

  setWeight(pixelId: string, weight: number): void {
    this.requests.setWeight(pixelId, weight);
    this.heldEvents.setWeight(pixelId, weight);
  }

  /**
   * Room for the envelopes of one lane, shared fairly with the others. The size of an envelope is known
   * only once it is fetched: until then it counts as the largest one known.
   */
  roomFor(pixelId: string): Room {
    const { heldEvents: share, size } = this;
    let closed = false;
    return {
      reserve() {
        if (closed) return null;
        const units = Math.max(size.largest, size.least);
        let granted: Reservation | null = null;
        const later = new Promise<Reservation | null>((resolve) => {
          const grant = () => {
            granted = reservation(share, pixelId, units, size);
            resolve(granted);
          };
          share.ask(pixelId, units, grant, () => resolve(null));
        });
        return granted ?? later;
      },
      close() {
        closed = true;
        share.dismiss(pixelId);
      },
    };
  }
}

function reservation(
  share: FairShare,
  pixelId: string,
  reserved: number,
  size: EnvelopeSize,
): Reservation {
  let units = reserved;
  const resize = (to: number): void => {
    share.resize(pixelId, units, to);
    units = to;
  };
  return {
    use(events) {
      size.largest = Math.max(size.largest, events);
      resize(Math.max(events, size.least));
    },
    release: () => resize(0),
  };
}

/**
 * Spreads work that blocks the event loop for milliseconds over its iterations, however much of it is
 * due at once: in between, timers fire, holds are renewed and answers are read.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];

  /** Resolves for one caller per iteration of the event loop, first come, first served. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.waiting.length === 1) setImmediate(() => this.go());
    });
  }

  private go(): void {
    this.waiting.shift()?.();
    if (this.waiting.length > 0) setImmediate(() => this.go());
  }
}
