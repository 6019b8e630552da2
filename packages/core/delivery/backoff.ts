/** How often an envelope is tried, and how long it waits between attempts. */
export interface RetryPolicy {
  /** The maximum number of attempts. */
  readonly attempts: number;
  /** The longest delay after the first failure, in ms; doubles with each further one. */
  readonly baseMs: number;
  /** The longest delay of all, in ms. */
  readonly capMs: number;
}

/**
 * The delay before the next attempt in ms; null when no attempt is left.
 *
 * Exponential backoff with jitter between half and all of it, so that envelopes that failed together
 * do not return together, and none returns at once.
 *
 * @param failures how often it failed, this time included; at least 1
 * @param random in [0, 1)
 */
export function retryDelay(policy: RetryPolicy, failures: number, random: number): number | null {
  if (failures >= policy.attempts) return null;
  const longest = Math.min(policy.capMs, policy.baseMs * 2 ** (failures - 1));
  return Math.round(longest * (0.5 + random / 2));
}

/** How long before its horizon an envelope is tried one last time. */
const LAST_TRY_MS = 5000;

/**
 * The delay, cut so that it ends shortly before the horizon while there is time for that.
 *
 * @param leftMs until the horizon, in ms; negative once it has passed
 */
export function delayWithin(delayMs: number, leftMs: number): number {
  return leftMs <= LAST_TRY_MS ? delayMs : Math.min(delayMs, leftMs - LAST_TRY_MS);
}
