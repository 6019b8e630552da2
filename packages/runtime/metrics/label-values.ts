/*
 * The closed lists that label metrics. Those of events repeat the core's, which this room may not
 * import; a test keeps them the same.
 */

export const PROCESS_STATES = ['starting', 'running', 'stopping'] as const;
export type ProcessState = (typeof PROCESS_STATES)[number];

export const LANE_STATES = ['open', 'throttled', 'blocked'] as const;

/** What closes an envelope, and what releases a batch. */
export const TRIGGERS = ['count', 'bytes', 'linger', 'stop'] as const;

/** What may become of a request. */
export const OUTCOMES = ['delivered', 'retry', 'throttled', 'blocked', 'rejected'] as const;

export const STAGES = ['ingest', 'worker'] as const;

export const FILTER_REASONS = ['not_track', 'integration_disabled', 'no_consent'] as const;

export const DEAD_LETTER_REASONS = [
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
  'rejected_by_meta',
  'out_of_retries',
] as const;
