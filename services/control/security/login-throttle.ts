/** Wrong passwords without a wait: people mistype. */
const FREE_FAILURES = 5;

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;

/** Failures are forgotten after this time without another one. */
const FORGET_MS = 15 * 60_000;

/** Pairs that are remembered; the one whose last failure is oldest makes room. */
const MAX_PAIRS = 10_000;

interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

/**
 * Makes clients that try passwords wait, longer each time. It counts for each pair of account and
 * client, so that no one is kept out by another client, or by failures with another account.
 * `now` is ms of any clock.
 */
export class LoginThrottle {
  private readonly pairs = new Map<string, Failures>();

  /** Time until the next password is checked, in ms; 0 for now. */
  waitMs(pair: string, now: number): number {
    const seen = this.pairs.get(pair);
    if (seen === undefined || seen.count < FREE_FAILURES) return 0;
    const wait = FIRST_WAIT_MS * 2 ** Math.min(seen.count - FREE_FAILURES, 20);
    return Math.max(0, seen.lastAt + Math.min(wait, MAX_WAIT_MS) - now);
  }

  failed(pair: string, now: number): void {
    const seen = this.pairs.get(pair);
    const count = seen === undefined || now - seen.lastAt > FORGET_MS ? 0 : seen.count;
    // Moved to the end, so that the first pair is the one whose last failure is oldest.
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

  /** The number of pairs that are remembered. */
  get size(): number {
    return this.pairs.size;
  }
}
