/** Wrong passwords that cost no wait: people mistype. */
const FREE_FAILURES = 5;

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;

/** After so long without another one, failures are forgotten. */
const FORGET_MS = 15 * 60_000;

/** Pairs that are remembered; the one that failed longest ago makes room. */
const MAX_PAIRS = 10_000;

interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

/**
 * Makes whoever tries passwords wait, ever longer. It counts for each account and client together: so
 * nobody is kept out by what another client does, or by what the same one does with another account.
 * `now` is ms of any clock.
 */
export class LoginThrottle {
  private readonly pairs = new Map<string, Failures>();

  /** In how many ms the next password is looked at; 0 for now. */
  waitMs(pair: string, now: number): number {
    const seen = this.pairs.get(pair);
    if (seen === undefined || seen.count < FREE_FAILURES) return 0;
    const wait = FIRST_WAIT_MS * 2 ** Math.min(seen.count - FREE_FAILURES, 20);
    return Math.max(0, seen.lastAt + Math.min(wait, MAX_WAIT_MS) - now);
  }

  failed(pair: string, now: number): void {
    const seen = this.pairs.get(pair);
    const count = seen === undefined || now - seen.lastAt > FORGET_MS ? 0 : seen.count;
    // Put at the end, so that the first one is the one that failed longest ago.
    this.pairs.delete(pair);
    if (this.pairs.size >= MAX_PAIRS) {
      const [oldest] = this.pairs.keys();
      if (oldest !== undefined) this.pairs.delete(oldest);
    }
    this.pairs.set(pair, { count: count + 1, lastAt: now });
  }

  succeeded(pair: string): void {
    this.pairs.delete(pair);
  }

  /** How many pairs are remembered. */
  get size(): number {
    return this.pairs.size;
  }
}
