/**
 * Where a conversion happened.
 * Source: Meta, Conversions API, server event parameters, `action_source`.
 */
export const ACTION_SOURCES = [
  'website',
  'app',
  'email',
  'phone_call',
  'chat',
  'physical_store',
  'system_generated',
  'business_messaging',
  'other',
] as const;

export type ActionSource = (typeof ACTION_SOURCES)[number];

/**
 * The fields of Meta's `user_data` that are sent as SHA-256.
 * Source: Meta, Conversions API, customer information parameters.
 */
export const HASHED_FIELDS = [
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
] as const;

export type HashedField = (typeof HASHED_FIELDS)[number];

/** Canonical personal values before hashing: one, or several distinct ones, never empty. */
export type PersonalFields = { [F in HashedField]?: string | string[] };

/** The part of a server event that is sent as it is; keys are spelled and ordered as Meta gets them. */
export interface PlainEvent {
  event_name: string;
  /** Unix seconds. */
  event_time: number;
  event_id?: string;
  action_source: ActionSource;
  event_source_url?: string;
  referrer_url?: string;
  opt_out?: boolean;
  data_processing_options?: readonly string[];
  data_processing_options_country?: number;
  data_processing_options_state?: number;
  /** `whatsapp`, `messenger` or `instagram`, of an event of business messaging. */
  messaging_channel?: string;
  messaging_outcome_data?: Record<string, unknown>;
  /** The event that this one appends to. */
  original_event_data?: Record<string, unknown>;
  attribution_data?: Record<string, unknown>;
  app_data?: Record<string, unknown>;
  custom_data?: Record<string, unknown>;
  /** Always the last key: the hashed personal fields are appended to it when it is sent. */
  user_data: Record<string, unknown>;
}

/**
 * A normalised server event. What is sent as it is stands apart from what must be hashed first, so that
 * the sender does not parse it again.
 */
export interface NormalisedEvent {
  readonly plain: PlainEvent;
  readonly personal: PersonalFields;
  /** The code that a rule sends it with, which shows it on the Test Events page; absent for all other events. */
  readonly testEventCode?: string;
}
