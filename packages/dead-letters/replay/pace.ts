import { setTimeout as sleep } from 'node:timers/promises';

/** Dead letters that are replayed in one step, in less than a moment. */
const MOST_AT_ONCE = 250;

/** How many at once: about a second's worth where a rate is asked for. */
export function stepSize(rate: number | null): number {
  return rate === null ? MOST_AT_ONCE : Math.min(rate, MOST_AT_ONCE);
}

/** How long to wait in ms until so many may have been done, `elapsedMs` after the first. */
export function waitFor(done: number, elapsedMs: number, rate: number | null): number {
  return rate === null ? 0 : Math.max((done * 1000) / rate - elapsedMs, 0);
}

/** Waits, or ends at once when told to stop. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}
