import type { ActionSource } from './server-event.ts';

const DAY_S = 86_400;

/**
 * Whether an event must not be sent any more. Meta rejects a whole request for one event that is too
 * old, and Meta's clock decides, not ours.
 *
 * @param horizon Unix seconds; null where the time of the event is unknown, which is never too late
 * @param now Unix ms
 * @param marginMs how long before its horizon an event is given up
 */
export function isTooLate(horizon: number | null, now: number, marginMs: number): boolean {
  return horizon !== null && horizon * 1000 <= now + marginMs;
}

/** How far an event may be ahead of our clock, in seconds: Meta allows about a minute. */
export const CLOCK_SKEW_S = 60;

/**
 * The last moment, in Unix seconds, at which Meta still accepts an event.
 * Source: Meta, server event parameters, `event_time`: seven days, and 62 for `physical_store`.
 */
export function horizonOf(eventTime: number, actionSource: ActionSource): number {
  return eventTime + (actionSource === 'physical_store' ? 62 : 7) * DAY_S;
}
