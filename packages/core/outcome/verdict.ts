import type { NormalisedEvent } from '../event/server-event.ts';
import type { Warning } from '../event/warning.ts';

/** Why an event is left out on purpose. */
export const FILTER_REASONS = ['not_track', 'integration_disabled', 'no_consent'] as const;

/** Why an event cannot be sent as it is. */
export const REJECT_REASONS = [
  'invalid_event',
  'missing_user_data',
  'too_old',
  'future',
  'name_too_long',
  'invalid_action_source',
  'invalid_currency',
  'invalid_timestamp',
  'missing_value',
  'missing_website_context',
  'too_large',
] as const;

/** Why an event cannot be sent although nothing is wrong with it that we know: the mapping threw. */
export const MAPPING_FAILED = 'mapping_failed';

export type FilterReason = (typeof FILTER_REASONS)[number];
export type RejectReason = (typeof REJECT_REASONS)[number] | typeof MAPPING_FAILED;

/** What one Track event becomes for one pixel. */
export type Verdict =
  | {
      readonly outcome: 'deliver';
      readonly event: NormalisedEvent;
      readonly warnings: readonly Warning[];
    }
  | { readonly outcome: 'filter'; readonly reason: FilterReason; readonly message: string }
  | { readonly outcome: 'reject'; readonly reason: RejectReason; readonly message: string };

export function filter(reason: FilterReason, message: string): Verdict {
  return { outcome: 'filter', reason, message };
}

export function reject(reason: RejectReason, message: string): Verdict {
  return { outcome: 'reject', reason, message };
}
