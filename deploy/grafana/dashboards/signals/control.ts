import { rate } from '../expressions.ts';
import type { Signal } from '../signal.ts';

/** The pages of control, in which people read, replay and purge dead letters. */
export const CONTROL = {
  requests: {
    title: 'Requests to control',
    description:
      'Requests a second by the kind of answer. 5xx: it cannot reach Redis or Kafka; its log says which. 4xx: see the failed logins.',
    unit: 'reqps',
    colours: { '2xx': 'green', '3xx': 'blue', '4xx': 'orange', '5xx': 'red' },
    queries: [{ expression: rate('controlRequests', ['code']), legend: '{{code}}' }],
    min: 0,
  },
  loginFailures: {
    title: 'Failed logins',
    description:
      'Requests a second with a wrong password or an unknown user. A steady line: someone is guessing; restrict who can reach control.',
    unit: 'reqps',
    colours: { failed: 'red' },
    rare: true,
    queries: [{ expression: rate('controlLoginFailures'), legend: 'failed' }],
    min: 0,
  },
} satisfies Record<string, Signal>;
