import { setTimeout as sleep } from 'node:timers/promises';

/** Dead letters that are replayed in one step, in less than a moment. */
const MOST_AT_ONCE = 250;

/** How many at once: about half a second's worth where a rate is asked for. */
export function stepSize(rate: number | null): number {
  return rate === null ? MOST_AT_ONCE : Math.min(Math.ceil(rate / 2), MOST_AT_ONCE);
}

/** Lets so many a second pass; time that passed unused is not made up for. */
export class Pace {
  private readyAt = 0;
  /** A second; null lets everything pass. */
  private readonly rate: number | null;

  constructor(rate: number | null) {
    this.rate = rate;
  }

  /** How long the next ones have to wait, in ms; `now` in ms. */
  waitMs(now: number): number {
    return Math.max(this.readyAt - now, 0);
  }

  /** So many pass now. */
  pass(events: number, now: number): void {
    if (this.rate !== null)
      this.readyAt = Math.max(this.readyAt, now) + (events * 1000) / this.rate;
  }
}

/** Waits, or ends at once when told to stop. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}
