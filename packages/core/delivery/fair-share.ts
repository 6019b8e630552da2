/** A request for units that waits to be granted. */
interface Asking {
  readonly units: number;
  readonly grant: () => void;
  readonly dismissed: () => void;
}

interface Share {
  weight: number;
  held: number;
  asking: Asking[];
}

/**
 * Shares a number of units between lanes: requests in flight, or events in memory. No lane waits while
 * units are free. When none are, the next ones go to the lane that holds least for its weight, so that a
 * busy lane, or one whose requests hang, leaves the others their share. (Weighted max-min fairness by
 * units held, not by units served as in deficit round robin: a hanging lane starves others by holding.)
 */
export class FairShare {
  private readonly total: number;
  private used = 0;
  private readonly shares = new Map<string, Share>();
  /** The lanes that wait, the longest waiting first. */
  private readonly waiting = new Map<string, Share>();

  /** @param total units that may be held at once; a larger request is granted only while nothing is held */
  constructor(total: number) {
    this.total = total;
  }

  setWeight(lane: string, weight: number): void {
    this.of(lane).weight = weight;
  }

  /**
   * Calls `grant` now or as soon as the units are free. Within a lane, requests are granted in order.
   * @param dismissed called instead when the lane is dismissed before
   */
  ask(lane: string, units: number, grant: () => void, dismissed: () => void = () => {}): void {
    const share = this.of(lane);
    share.asking.push({ units, grant, dismissed });
    if (!this.waiting.has(lane)) this.waiting.set(lane, share);
    this.serve();
  }

  release(lane: string, units: number): void {
    this.resize(lane, units, 0);
  }

  /** Changes how much is held. Growing does not wait: the units are in use already. */
  resize(lane: string, from: number, to: number): void {
    this.of(lane).held += to - from;
    this.used += to - from;
    if (to < from) this.serve();
  }

  /** Drops what a lane waits for. */
  dismiss(lane: string): void {
    const share = this.of(lane);
    const { asking } = share;
    share.asking = [];
    this.waiting.delete(lane);
    for (const { dismissed } of asking) dismissed();
    // The dropped request may have been too large for the free units, and blocked other lanes.
    this.serve();
  }

  private of(lane: string): Share {
    const known = this.shares.get(lane);
    if (known !== undefined) return known;
    const made: Share = { weight: 1, held: 0, asking: [] };
    this.shares.set(lane, made);
    return made;
  }

  private serve(): void {
    while (this.used === 0 || this.used < this.total) {
      const lane = this.neediest();
      if (lane === null) return;
      const share = this.of(lane);
      const [next] = share.asking;
      if (next === undefined) return;
      // A request that is too large for the free units is not overtaken: small ones could starve it.
      if (this.used > 0 && this.used + next.units > this.total) return;
      share.asking.shift();
      // Of lanes that hold the same, the one that has waited longest is served first.
      this.waiting.delete(lane);
      if (share.asking.length > 0) this.waiting.set(lane, share);
      share.held += next.units;
      this.used += next.units;
      next.grant();
    }
  }

  private neediest(): string | null {
    let neediest: string | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const [lane, { held, weight }] of this.waiting) {
      if (held / weight >= least) continue;
      neediest = lane;
      least = held / weight;
    }
    return neediest;
  }
}
