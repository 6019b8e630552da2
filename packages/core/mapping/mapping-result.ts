import { CLOCK_SKEW_S, horizonOf } from '../event/horizon.ts';
import type { ActionSource, NormalisedEvent } from '../event/server-event.ts';
import { UNDECODABLE } from '../event/track-event.ts';
import type { Warning } from '../event/warning.ts';
import { faultOf } from '../privacy/fault.ts';

/** Why an event is filtered out. */
export const FILTER_REASONS = ['not_track', 'integration_disabled', 'no_consent'] as const;

/** Left out by `events.deny` of a pixel: a matter of which events it selects, not of its mapping. */
export const DENIED = 'denied';

/** No pixel selects the event. */
export const UNROUTED = 'no_pixel';

/** It came before: see `ingest.duplicates`. */
export const DUPLICATE = 'duplicate';

/** It was parked, and its pixel does not select it any more, or is not configured any more. */
export const DESELECTED = 'deselected';

/** Every reason for which ingest leaves events out on purpose. */
export const ALL_FILTER_REASONS = [
  ...FILTER_REASONS,
  DENIED,
  UNROUTED,
  DUPLICATE,
  DESELECTED,
] as const;

/** Why an event cannot be sent as it is. */
export const REJECT_REASONS = [
  'invalid_event',
  UNDECODABLE,
  'missing_user_data',
  'too_old',
  'future',
  'name_too_long',
  'invalid_action_source',
  'invalid_currency',
  'invalid_timestamp',
  'missing_value',
  'missing_website_context',
  'invalid_messaging_event',
  'incomplete_append_event',
  'too_large',
] as const;

/** The mapping threw an error: the event cannot be sent, although nothing is known to be wrong with it. */
export const MAPPING_FAILED = 'mapping_failed';

export type FilterReason = (typeof FILTER_REASONS)[number] | typeof DENIED;
export type RejectReason = (typeof REJECT_REASONS)[number] | typeof MAPPING_FAILED;

/** What one Track event becomes for one pixel. */
export type MappingResult =
  | {
      readonly outcome: 'deliver';
      readonly event: NormalisedEvent;
      readonly warnings: readonly Warning[];
    }
  | { readonly outcome: 'filter'; readonly reason: FilterReason; readonly message: string }
  | { readonly outcome: 'reject'; readonly reason: RejectReason; readonly message: string };

export function filter(reason: FilterReason, message: string): MappingResult {
  return { outcome: 'filter', reason, message };
}

export function reject(reason: RejectReason, message: string): MappingResult {
  return { outcome: 'reject', reason, message };
}

const MINUTE_S = 60;
const DAY_S = 86_400;

/** Results that do not depend on the values of an event. */
export const REFUSALS = {
  notAnObject: reject('invalid_event', 'the event is not a JSON object'),
  unreadable: reject('invalid_event', 'the event has neither a type nor an event name'),
  nameless: reject('invalid_event', 'a Track event needs a name in `event`'),
  otherCall: filter('not_track', 'this pixel accepts only Track calls'),
  disabled: filter('integration_disabled', '`integrations` turns this destination off'),
  noConsent: filter('no_consent', '`context.consent` lacks a category that this pixel requires'),
  denied: filter(DENIED, '`events.deny` of this pixel leaves the event out'),
  nameTooLong: reject('name_too_long', 'Meta accepts custom event names of at most 50 characters'),
  invalidActionSource: invalidActionSource('properties.action_source'),
  missingUserData: reject(
    'missing_user_data',
    'the event has too little user data for Meta to match a person',
  ),
  missingWebsiteContext: reject(
    'missing_website_context',
    'this pixel rejects website events without context.userAgent and context.page.url',
  ),
} as const satisfies Readonly<Record<string, MappingResult>>;

export function invalidActionSource(place: string): MappingResult {
  return reject('invalid_action_source', `${place} is not one that Meta accepts`);
}

export function invalidTimestamp(field: string): MappingResult {
  return reject('invalid_timestamp', `${field} is neither ISO 8601 nor Unix time`);
}

/** For an event on which the mapping failed. The message contains nothing of the event. */
export function mappingFailed(error: unknown): ReturnType<typeof reject> {
  return reject(MAPPING_FAILED, `the mapping failed on this event: ${faultOf(error)}`);
}

/**
 * Null for a time at which Meta accepts the event.
 *
 * @param eventTime Unix seconds
 * @param now Unix seconds
 */
export function outOfTime(
  eventTime: number,
  actionSource: ActionSource,
  now: number,
): MappingResult | null {
  if (eventTime > now + CLOCK_SKEW_S) {
    const ahead = Math.ceil((eventTime - now) / MINUTE_S);
    return reject('future', `the event is dated ${ahead} minutes in the future`);
  }
  if (now <= horizonOf(eventTime, actionSource)) return null;
  const days = Math.floor((now - eventTime) / DAY_S);
  const limit = (horizonOf(eventTime, actionSource) - eventTime) / DAY_S;
  return reject('too_old', `the event is ${days} days old; Meta accepts it for ${limit} days`);
}
