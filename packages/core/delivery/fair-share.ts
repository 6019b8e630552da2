/** Who waits for a part of what is shared. */
interface Asking {
  readonly units: number;
  readonly grant: () => void;
}

interface Share {
  weight: number;
  held: number;
  readonly asking: Asking[];
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

  /** @param total units that may be held at once; more than that is granted only when nothing else is */
  constructor(total: number) {
    this.total = total;
  }

  weigh(lane: string, weight: number): void {
    this.of(lane).weight = weight;
  }

  /** Calls `grant` now or as soon as the units are free. Within a lane, who asks first gets first. */
  ask(lane: string, units: number, grant: () => void): void {
    this.of(lane).asking.push({ units, grant });
    this.serve();
  }

  giveBack(lane: string, units: number): void {
    this.of(lane).held -= units;
    this.used -= units;
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
    for (let lane = this.neediest(); lane !== null; lane = this.neediest()) {
      const share = this.of(lane);
      const [next] = share.asking;
      if (next === undefined) return;
      // What is too large for the rest is waited for: small ones must not pass it for ever.
      if (this.used > 0 && this.used + next.units > this.total) return;
      share.asking.shift();
      // Of lanes that hold the same, who waited longest is served first: the first in the map.
      this.shares.delete(lane);
      this.shares.set(lane, share);
      share.held += next.units;
      this.used += next.units;
      next.grant();
    }
  }

  private neediest(): string | null {
    let neediest: string | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const [lane, { asking, held, weight }] of this.shares) {
      if (asking.length === 0 || held / weight >= least) continue;
      neediest = lane;
      least = held / weight;
    }
    return neediest;
  }
}
