/** How what goes into the batches of a lane has arrived lately. */
export interface Arrivals {
  /** When the last one came; null before the first. */
  readonly lastAt: number | null;
  /** The usual time between two of them, in ms. */
  readonly gapMs: number;
}

export const NO_ARRIVALS: Arrivals = { lastAt: null, gapMs: 0 };

/** The part of the last gap in the usual one. */
const WEIGHT = 1 / 4;

/** In linger times: above the first, waiting is of no use; a longer gap counts as the second, so that a burst is soon noticed. */
const USELESS_FROM = 4;
const LONGEST = 8;

/** The state after one more. */
export function afterArrival({ lastAt, gapMs }: Arrivals, now: number, lingerMs: number): Arrivals {
  if (lastAt === null) return { lastAt: now, gapMs };
  const gap = Math.min(Math.max(now - lastAt, 0), lingerMs * LONGEST);
  return { lastAt: now, gapMs: gapMs + (gap - gapMs) * WEIGHT };
}

/**
 * How long a batch waits for more: not at all where the next one usually comes long after it, because
 * its events would only be older and their requests as many.
 */
export function lingerFor({ gapMs }: Arrivals, lingerMs: number): number {
  return gapMs > lingerMs * USELESS_FROM ? 0 : lingerMs;
}
