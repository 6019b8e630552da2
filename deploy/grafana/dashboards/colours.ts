/*
 * One meaning, one colour, on every dashboard. The names are those of Grafana's palette, which has
 * a shade of each for the light theme and for the dark one.
 */

/** Outcomes of events and requests. */
export const OUTCOME_COLOURS: Readonly<Record<string, string>> = {
  read: 'purple',
  consumed: 'purple',
  enqueued: 'blue',
  queued: 'blue',
  delivered: 'green',
  filtered: 'text',
  purged: 'dark-orange',
  retry: 'yellow',
  retried: 'yellow',
  throttled: 'orange',
  blocked: 'dark-red',
  rejected: 'light-red',
  dead: 'red',
  'dead letters': 'red',
};

/** HTTP statuses of Meta's answers, and the codes of requests without one. */
export const CODE_COLOURS: Readonly<Record<string, string>> = {
  '200': 'green',
  '400': 'light-red',
  '401': 'dark-red',
  '403': 'red',
  '404': 'super-light-red',
  '429': 'orange',
  '500': 'purple',
  '502': 'dark-purple',
  '503': 'light-purple',
  '504': 'super-light-purple',
  timeout: 'yellow',
  network: 'dark-yellow',
  stopped: 'blue',
  other: 'text',
};

/** What closes envelopes and releases batches. */
export const TRIGGER_COLOURS: Readonly<Record<string, string>> = {
  count: 'green',
  bytes: 'blue',
  linger: 'yellow',
  stop: 'text',
};

/** From good to bad, for quantiles and for ages. */
export const FROM_GOOD_TO_BAD = ['green', 'yellow', 'orange', 'red'] as const;
