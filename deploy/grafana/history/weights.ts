/*
 * Frequencies in the fictional fleet, mostly as shares of a pixel's events or requests.
 */

type Weights = Readonly<Record<string, number>>;

/** Dead letters at ingest and at the worker, by reason. */
export const DEAD: Weights = {
  invalid_event: 0.00006,
  missing_user_data: 0.00014,
  too_old: 0.00003,
  future: 0.00001,
  invalid_currency: 0.00002,
  missing_value: 0.00004,
  rejected_by_meta: 0.00008,
  out_of_retries: 0.00001,
};

export const FILTERED: Weights = {
  not_track: 0.006,
  integration_disabled: 0.004,
  no_consent: 0.011,
};

export const WARNED: Weights = {
  missing_user_agent: 0.02,
  missing_event_id: 0.004,
  missing_value: 0.0006,
  invalid_email: 0.003,
  invalid_phone: 0.005,
  phone_without_country: 0.012,
  ambiguous_birthday: 0.001,
  invalid_postal_code: 0.002,
  placeholder_value: 0.0025,
  invalid_fbc: 0.0015,
  personal_data_removed: 0.0004,
  invalid_number: 0.0003,
};

/** The share of events in which Meta finds an identifier. */
export const IDENTIFIED: Weights = {
  email: 0.9,
  phone: 0.58,
  external_id: 0.97,
  fbc: 0.21,
  fbp: 0.83,
  ip_address: 0.99,
  user_agent: 0.99,
};

/** The share of events that carry a field of user_data. */
export const MATCHED: Weights = {
  em: 0.92,
  ph: 0.61,
  fn: 0.74,
  ln: 0.73,
  ge: 0.22,
  db: 0.18,
  ct: 0.68,
  st: 0.41,
  zp: 0.66,
  country: 0.83,
  external_id: 0.97,
  client_ip_address: 0.95,
  client_user_agent: 0.98,
  fbc: 0.34,
  fbp: 0.71,
};

/** The same a week ago. */
export const MATCHED_BEFORE: Weights = { ...MATCHED, ph: 0.68, fbc: 0.33, em: 0.915 };

export const NOT_NORMALISED: Weights = {
  em: 0.003,
  ph: 0.017,
  db: 0.001,
  zp: 0.002,
  st: 0.0015,
  country: 0.0007,
  fbc: 0.0015,
};

export const NAME_WEIGHTS: Weights = {
  PageView: 0.41,
  ViewContent: 0.27,
  AddToCart: 0.11,
  Search: 0.07,
  InitiateCheckout: 0.05,
  Purchase: 0.035,
  Lead: 0.02,
  CompleteRegistration: 0.015,
  custom: 0.02,
};

export const ENVELOPES: Weights = { count: 0.62, bytes: 0.03, linger: 0.35, stop: 0 };
export const BATCHES: Weights = { count: 0.3, bytes: 0.01, linger: 0.69, stop: 0 };

/** Codes of failed requests during the errors at Meta. */
export const TROUBLE: Weights = { '500': 0.3, '503': 0.45, timeout: 0.2, network: 0.05 };
