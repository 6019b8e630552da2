/** How often an envelope is tried, and how long it rests in between. */
export interface RetryPolicy {
  /** How many times it is sent at the most. */
  readonly attempts: number;
  /** The longest rest after the first failure, in ms; it doubles with each further one. */
  readonly baseMs: number;
  /** No rest is longer, in ms. */
  readonly capMs: number;
}

/**
 * The rest before the next attempt in ms, or null when there is none left.
 *
 * Between half and all of an exponentially growing time, so that envelopes that failed together do
 * not come back together, and none comes back at once.
 *
 * @param failures how often it failed, this time included; at least 1
 * @param random in [0, 1)
 */
export function retryDelay(policy: RetryPolicy, failures: number, random: number): number | null {
  if (failures >= policy.attempts) return null;
  const longest = Math.min(policy.capMs, policy.baseMs * 2 ** (failures - 1));
  return Math.round(longest * (0.5 + random / 2));
}

/** Before the last moment at which it can be sent an envelope is tried once more, so long before it. */
const LAST_TRY_MS = 5000;

/**
 * A rest that does not outlive what it rests for: it ends a little before the last moment at which
 * the event can be sent, while there is time for that.
 *
 * @param leftMs until that moment, in ms; negative when it has passed
 */
export function delayWithin(restMs: number, leftMs: number): number {
  return leftMs <= LAST_TRY_MS ? restMs : Math.min(restMs, leftMs - LAST_TRY_MS);
}
