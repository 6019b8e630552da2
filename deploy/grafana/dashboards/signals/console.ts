import { rate } from '../expressions.ts';
import type { Signal } from '../signal.ts';

/** The console, in which people read, replay and purge dead letters. */
export const CONSOLE = {
  requests: {
    title: 'Requests to the console',
    description:
      'Requests a second by the kind of answer. 5xx: it cannot reach Redis or Kafka; its log says which. 4xx: see the failed logins.',
    unit: 'reqps',
    colours: { '2xx': 'green', '3xx': 'blue', '4xx': 'orange', '5xx': 'red' },
    queries: [{ expression: rate('consoleRequests', ['code']), legend: '{{code}}' }],
    min: 0,
  },
  loginFailures: {
    title: 'Failed logins',
    description:
      'Requests a second with a wrong password or an unknown user. A steady line: somebody guesses; let only those reach the console who need it.',
    unit: 'reqps',
    colours: { failed: 'red' },
    rare: true,
    queries: [{ expression: rate('consoleLoginFailures'), legend: 'failed' }],
    min: 0,
  },
} satisfies Record<string, Signal>;
