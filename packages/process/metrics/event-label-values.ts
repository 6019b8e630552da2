/*
 * The closed lists that label metrics of events. They repeat the core's, which this room may not
 * import; a test keeps them the same.
 */

export const STAGES = ['ingest', 'worker'] as const;

/** `no_pixel`: no pixel of the configuration wants the event. */
export const FILTER_REASONS = [
  'not_track',
  'integration_disabled',
  'no_consent',
  'no_pixel',
] as const;

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
  'mapping_failed',
  'rejected_by_meta',
  'out_of_retries',
  'crashed_worker',
] as const;

const OF_WORKERS_ALONE = ['rejected_by_meta', 'out_of_retries', 'crashed_worker'];
const WORKER_REASONS = ['too_old', 'too_large', ...OF_WORKERS_ALONE];
const INGEST_REASONS = DEAD_LETTER_REASONS.filter((reason) => !OF_WORKERS_ALONE.includes(reason));

/** Stage → the reasons that occur there. */
export const REASONS_OF_STAGE: Readonly<Record<(typeof STAGES)[number], readonly string[]>> = {
  ingest: INGEST_REASONS,
  worker: WORKER_REASONS,
};

/** Why a message dies before anything says which pixel it is for. */
export const REASONS_WITHOUT_PIXEL = ['invalid_event', 'too_large', 'mapping_failed'] as const;

/** When dead letters can no longer be sent: within so many hours, or no more already. */
export const EXPIRIES = ['24h', '72h', '168h', 'expired'] as const;

/** The fields of `user_data` by which Meta matches most events to people. */
export const MATCH_KEYS = [
  'em',
  'ph',
  'fn',
  'ln',
  'ge',
  'db',
  'ct',
  'st',
  'zp',
  'country',
  'external_id',
  'client_ip_address',
  'client_user_agent',
  'fbc',
  'fbp',
] as const;

/** Meta's standard events, and one word for all others. */
export const EVENT_NAMES = [
  'AddPaymentInfo',
  'AddToCart',
  'AddToWishlist',
  'CompleteRegistration',
  'Contact',
  'CustomizeProduct',
  'Donate',
  'FindLocation',
  'InitiateCheckout',
  'Lead',
  'PageView',
  'Purchase',
  'Schedule',
  'Search',
  'StartTrial',
  'SubmitApplication',
  'Subscribe',
  'ViewContent',
  'custom',
] as const;

/** What a sender should mend in events that are delivered all the same. */
export const WARNING_CODES = [
  'missing_user_agent',
  'missing_source_url',
  'missing_event_id',
  'missing_timestamp',
  'missing_value',
  'invalid_email',
  'invalid_phone',
  'phone_without_country',
  'invalid_birthday',
  'ambiguous_birthday',
  'unsupported_gender',
  'invalid_country',
  'invalid_postal_code',
  'unusable_value',
  'placeholder_value',
  'too_many_values',
  'invalid_ip',
  'invalid_url',
  'invalid_fbc',
  'invalid_fbp',
  'invalid_identifier',
  'invalid_opt_out',
  'invalid_number',
  'invalid_property',
  'invalid_products',
  'invalid_product',
  'personal_data_removed',
  'invalid_data_processing_options',
  'limited_data_use_without_ip',
  'incomplete_app_data',
] as const;
