import { CLOCK_SKEW_S, horizonOf } from '../event/horizon.ts';
import type { ActionSource } from '../event/server-event.ts';
import { faultOf } from '../outcome/fault.ts';
import { filter, MAPPING_FAILED, reject, type Verdict } from '../outcome/verdict.ts';

const MINUTE_S = 60;
const DAY_S = 86_400;

/** Why an event goes no further. */
export const REFUSALS = {
  notAnObject: reject('invalid_event', 'the event is not a JSON object'),
  unreadable: reject('invalid_event', 'the event has neither a type nor an event name'),
  nameless: reject('invalid_event', 'a Track event needs a name in `event`'),
  otherCall: filter('not_track', 'only Track calls are sent to this pixel'),
  disabled: filter('integration_disabled', '`integrations` turns this destination off'),
  noConsent: filter('no_consent', '`context.consent` lacks a category that this pixel asks for'),
  nameTooLong: reject('name_too_long', 'Meta takes custom event names of up to 50 characters'),
  invalidActionSource: reject(
    'invalid_action_source',
    'properties.action_source is none that Meta knows',
  ),
  missingUserData: reject(
    'missing_user_data',
    'the event says too little about the person for Meta to match anybody',
  ),
  missingWebsiteContext: reject(
    'missing_website_context',
    'this pixel refuses website events without context.userAgent and context.page.url',
  ),
} as const satisfies Readonly<Record<string, Verdict>>;

export function invalidTimestamp(field: string): Verdict {
  return reject('invalid_timestamp', `${field} is neither ISO 8601 nor Unix time`);
}

/** For an event on which the mapping itself failed. Nothing of the event is in the words. */
export function mappingFailed(error: unknown): ReturnType<typeof reject> {
  return reject(MAPPING_FAILED, `the mapping failed on this event: ${faultOf(error)}`);
}

/**
 * Null for a time at which Meta takes the event.
 *
 * @param eventTime Unix seconds
 * @param now Unix seconds
 */
export function outOfTime(
  eventTime: number,
  actionSource: ActionSource,
  now: number,
): Verdict | null {
  if (eventTime > now + CLOCK_SKEW_S) {
    const ahead = Math.ceil((eventTime - now) / MINUTE_S);
    return reject('future', `the event lies ${ahead} minutes in the future`);
  }
  if (now <= horizonOf(eventTime, actionSource)) return null;
  const days = Math.floor((now - eventTime) / DAY_S);
  const limit = (horizonOf(eventTime, actionSource) - eventTime) / DAY_S;
  return reject('too_old', `the event is ${days} days old: Meta takes it for ${limit} days`);
}
