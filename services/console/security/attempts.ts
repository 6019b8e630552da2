/** Wrong passwords from one address that are answered in a minute; after that it has to wait. */
const MOST_FAILURES = 10;
const WINDOW_MS = 60_000;

/** Addresses that are remembered: who has more of them than that is slowed by the others. */
const MOST_ADDRESSES = 10_000;

/** Counts wrong passwords by address, so that nobody can try many. `now` is ms of any clock. */
export class FailedLogins {
  private readonly byAddress = new Map<string, { count: number; until: number }>();

  /** In how many ms the address may try again; 0 for now. */
  waitMs(address: string, now: number): number {
    const seen = this.byAddress.get(address);
    if (seen === undefined || seen.until <= now || seen.count < MOST_FAILURES) return 0;
    return seen.until - now;
  }

  add(address: string, now: number): void {
    const seen = this.byAddress.get(address);
    if (seen !== undefined && seen.until > now) {
      seen.count += 1;
      return;
    }
    this.byAddress.delete(address);
    if (this.byAddress.size >= MOST_ADDRESSES) this.forgetOldest();
    this.byAddress.set(address, { count: 1, until: now + WINDOW_MS });
  }

  private forgetOldest(): void {
    const [oldest] = this.byAddress.keys();
    if (oldest !== undefined) this.byAddress.delete(oldest);
  }
}
