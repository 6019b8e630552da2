import { Counter, Gauge, Registry } from 'prom-client';
import type { Journal } from './journal/journal.ts';
import type { PixelState } from './journal/pixel-journal.ts';

type MetricRow = readonly [
  name: string,
  Kind: typeof Counter | typeof Gauge,
  help: string,
  read: (state: PixelState) => number,
];

/** Each metric, by pixel: what it counts, and where its value comes from. */
const METRICS: readonly MetricRow[] = [
  [
    'events_accepted_total',
    Counter,
    'Server events that the sandbox accepted, duplicates included.',
    ({ accepted }) => accepted,
  ],
  [
    'events_duplicate_total',
    Counter,
    'Accepted server events whose name and id had been accepted before.',
    ({ duplicates }) => duplicates,
  ],
  [
    'events_refused_total',
    Counter,
    'Server events in requests that the sandbox refused.',
    ({ refusedEvents }) => refusedEvents,
  ],
  [
    'events_unanswered_total',
    Counter,
    'Accepted server events whose client did not receive the success answer.',
    ({ unansweredEvents }) => unansweredEvents,
  ],
  ['requests_total', Counter, 'Requests to the events endpoint.', ({ requests }) => requests.total],
  [
    'requests_refused_total',
    Counter,
    'Requests that the sandbox refused.',
    ({ requests }) => requests.refused,
  ],
  ['requests_in_flight', Gauge, 'Requests in progress.', ({ requests }) => requests.inFlight],
];

/** A registry whose metrics are read from the journal at each scrape. */
export function createSandboxMetrics(journal: Journal): Registry {
  const registry = new Registry();
  for (const [name, Kind, help, read] of METRICS) {
    new Kind({
      name: `capi_sandbox_${name}`,
      help,
      labelNames: ['pixel'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [pixel, state] of journal.states()) this.inc({ pixel }, read(state));
      },
    });
  }
  return registry;
}
