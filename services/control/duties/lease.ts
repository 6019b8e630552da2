import { setTimeout as sleep } from 'node:timers/promises';
import { DUTIES_LOCK_MS, type DutiesLock } from '#store/locks.ts';

interface LeaseOptions {
  readonly lock: DutiesLock;
  /** Told when this process gets the duties, and when it loses them. */
  readonly onChange: (holds: boolean) => void;
  /** Monotonic, in ms. */
  readonly now: () => number;
}

/** Between two renewals, in ms. */
const RENEW_MS = 1000;

/** Shorter than the lock by more than a page may be old: nothing is shown by two processes at once. */
const VALID_MS = DUTIES_LOCK_MS - 2000;

/** Whether this process does the duties of the fleet, which one of several copies does at a time. */
export class DutiesLease {
  private term: AbortController | null = null;
  private validUntil = 0;
  private asking = false;
  private halted = false;
  /** False while Redis does not say which process has the duties. */
  answered = true;
  private readonly options: LeaseOptions;
  private readonly timer: NodeJS.Timeout;

  constructor(options: LeaseOptions) {
    this.options = options;
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
    void this.renew();
  }

  /**
   * The term that lasts now; null while another process has the duties. It is aborted when it ends,
   * and it ends by the clock: a process that slept does not believe that it still holds the lock.
   */
  current(): AbortSignal | null {
    if (this.term !== null && this.options.now() >= this.validUntil) this.end();
    return this.term?.signal ?? null;
  }

  /** Takes and renews the lock once. */
  async renew(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    const { lock, now } = this.options;
    const askedAt = now();
    try {
      const ours = await lock.take();
      this.answered = true;
      if (!ours || this.current() === null) this.end();
      this.validUntil = ours ? askedAt + VALID_MS : 0;
      if (!this.halted && this.term === null && now() < this.validUntil) this.begin();
    } catch {
      this.answered = false;
      this.current();
    } finally {
      this.asking = false;
    }
  }

  /** Ends the term; the lock is kept, so that no other process begins before this one has ended. */
  halt(): void {
    this.halted = true;
    this.end();
  }

  /** Gives the lock to whichever process asks next. */
  async release(): Promise<void> {
    clearInterval(this.timer);
    await this.options.lock.release().catch(() => {}); // it ends by itself where Redis has gone
  }

  private begin(): void {
    this.term = new AbortController();
    this.options.onChange(true);
  }

  private end(): void {
    if (this.term === null) return;
    this.term.abort();
    this.term = null;
    this.options.onChange(false);
  }
}

/**
 * Does a duty again and again while this process has the duties.
 * @returns what waits for its end, once the lease is halted
 */
export function keepDoing(
  lease: Pick<DutiesLease, 'current'>,
  everyMs: number,
  duty: (term: AbortSignal) => Promise<unknown>,
): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      const term = lease.current();
      if (term !== null) await duty(term);
      await sleep(everyMs, null, { signal }).catch(() => {});
    }
  })();
  return () => {
    stopping.abort();
    return running;
  };
}
