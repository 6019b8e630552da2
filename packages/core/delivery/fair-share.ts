/** Who waits for a part of what is shared. */
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
 * Shares a number of units between lanes: requests under way, or events in memory. Nobody waits while
 * there are units left. When there are none, the next ones go to the lane that holds least for its
 * weight, so that a lane with much to send, or one whose requests hang, leaves the others their part.
 * (Weighted max-min fairness. It goes by what is held rather than by what was served, as deficit round
 * robin does, because what a hanging lane takes from the others is the holding.)
 */
export class FairShare {
  private readonly total: number;
  private used = 0;
  private readonly shares = new Map<string, Share>();
  /** Those that ask for something; who has waited longest comes first. */
  private readonly waiting = new Map<string, Share>();

  /** @param total units that may be held at once; more than that is granted only when nothing else is */
  constructor(total: number) {
    this.total = total;
  }

  setWeight(lane: string, weight: number): void {
    this.of(lane).weight = weight;
  }

  /**
   * Calls `grant` now or as soon as the units are free. Within a lane, who asks first gets first.
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

  /** Changes a part that is held; one that grows waits for nobody, because it is there already. */
  resize(lane: string, from: number, to: number): void {
    this.of(lane).held += to - from;
    this.used += to - from;
    if (to < from) this.serve();
  }

  /** Grants nothing of what a lane asks for now. */
  dismiss(lane: string): void {
    const share = this.of(lane);
    const { asking } = share;
    share.asking = [];
    this.waiting.delete(lane);
    for (const { dismissed } of asking) dismissed();
    // What was asked for may have been too large for the rest, and kept others waiting.
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
      // What is too large for the rest is waited for: small ones must not pass it for ever.
      if (this.used > 0 && this.used + next.units > this.total) return;
      share.asking.shift();
      // Of lanes that hold the same, who waited longest is served first.
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
