import { CLOCK_SKEW_S } from '#core/event/horizon.ts';
import { type Fault, type Json, parameterFault } from './fault.ts';
import { IN_FUTURE, missing, TOO_OLD, TOO_OLD_IN_STORE } from './listed-faults.ts';

const DAY_S = 86_400;
const WINDOW_S = 7 * DAY_S;
const STORE_WINDOW_S = 62 * DAY_S;

/**
 * Whole Unix seconds, at most 7 days old (62 for `physical_store`) and not in the future.
 * Source: Meta, server event parameters, `event_time`.
 *
 * @param now Unix seconds
 */
export function eventTime(event: Json, { now }: { readonly now: number }): Fault | null {
  const time = event['event_time'];
  if (time === undefined || time === null) return missing('event_time');
  if (!Number.isSafeInteger(time)) return parameterFault(['event_time'], 'must be an integer');
  const age = now - (time as number);
  if (age < -CLOCK_SKEW_S) return IN_FUTURE;
  const inStore = event['action_source'] === 'physical_store';
  if (age <= (inStore ? STORE_WINDOW_S : WINDOW_S)) return null;
  return inStore ? TOO_OLD_IN_STORE : TOO_OLD;
}
