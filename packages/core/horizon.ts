import type { ActionSource } from './server-event.ts';

const DAY_S = 86_400;

/** How far ahead of our clock an event time may lie, in seconds: Meta allows about a minute. */
export const CLOCK_SKEW_S = 60;

/**
 * The last moment, in Unix seconds, at which Meta still accepts an event.
 * Source: Meta, server event parameters, `event_time`: seven days, and 62 for `physical_store`.
 */
export function horizonOf(eventTime: number, actionSource: ActionSource): number {
  return eventTime + (actionSource === 'physical_store' ? 62 : 7) * DAY_S;
}
