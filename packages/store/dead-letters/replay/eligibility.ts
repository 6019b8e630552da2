import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { isTooLate } from '#core/event/horizon.ts';

/**
 * Why a dead letter is left alone without looking at its event:
 *
 * - `expired`: past its horizon, or so near it that Meta could refuse its whole batch.
 * - `unknown`: Meta may have taken it, so long ago that it would count it twice.
 * - `looping`: replayed often enough without success.
 * - `unconfigured`: its pixel is not in the configuration, so no worker would send it.
 * - `truncated`: only the first part of its message was kept, so that the event is not whole.
 */
export type SkipReason = 'expired' | 'unknown' | 'looping' | 'unconfigured' | 'truncated';

export interface EligibilityPolicy {
  readonly includeUnknown: boolean;
  readonly forceLoop: boolean;
  readonly pixelIds: ReadonlySet<string>;
}

/** Where a person asked for nothing more. */
export const NOTHING_ASKED = { includeUnknown: false, forceLoop: false } as const;

/** No event is requeued in the last 10 minutes before its horizon: Meta could reject its whole batch. */
export const MARGIN_MS = 600_000;

/**
 * How long Meta recognises an event_id that it has seen.
 * Source: Meta, Conversions API, deduplicate pixel and server events: 48 hours.
 */
const DEDUPLICATION_MS = 48 * 3_600_000;

/** After this many replays another one alone will not help. */
export const MOST_REPLAYS = 3;

/** Null when nothing speaks against replaying it; `now` is Unix ms. */
export function skipReasonOf(
  facts: DeadLetterFacts,
  now: number,
  policy: EligibilityPolicy,
): SkipReason | null {
  const { pixelId, horizon, unknown, diedAt, replays, truncatedFrom } = facts;
  if (truncatedFrom !== undefined) return 'truncated';
  if (isTooLate(horizon, now, MARGIN_MS)) return 'expired';
  if (pixelId !== null && !policy.pixelIds.has(pixelId)) return 'unconfigured';
  if (unknown && now - diedAt > DEDUPLICATION_MS && !policy.includeUnknown) return 'unknown';
  if (replays >= MOST_REPLAYS && !policy.forceLoop) return 'looping';
  return null;
}
