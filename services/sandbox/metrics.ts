import { Counter, Gauge, Registry } from 'prom-client';
import type { Journal } from './journal/journal.ts';
import type { PixelJournal } from './journal/pixel-journal.ts';

type Read = (state: PixelJournal['state']) => number;

/** Each metric, by pixel: what it counts, and where its value comes from. */
const METRICS: Readonly<Record<string, readonly [help: string, read: Read]>> = {
  events_accepted_total: [
    'Server events that the sandbox accepted, duplicates included.',
    ({ accepted }) => accepted,
  ],
  events_duplicate_total: [
    'Accepted server events whose name and id had been accepted before.',
    ({ duplicates }) => duplicates,
  ],
  events_refused_total: [
    'Server events in requests that the sandbox refused.',
    ({ refusedEvents }) => refusedEvents,
  ],
  events_unanswered_total: [
    'Accepted server events whose client did not receive the success answer.',
    ({ unansweredEvents }) => unansweredEvents,
  ],
  requests_total: ['Requests to the events endpoint.', ({ requests }) => requests.total],
  requests_refused_total: [
    'Requests that the sandbox refused.',
    ({ requests }) => requests.refused,
  ],
  requests_in_flight: ['Requests in progress.', ({ requests }) => requests.inFlight],
};

/** A registry whose metrics are read from the journal at each scrape. */
export function createSandboxMetrics({ pixels }: Journal): Registry {
  const registry = new Registry();
  for (const [name, [help, read]] of Object.entries(METRICS)) {
    const Kind = name.endsWith('_total') ? Counter : Gauge;
    new Kind({
      name: `capi_sandbox_${name}`,
      help,
      labelNames: ['pixel'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [pixel, { state }] of pixels) this.inc({ pixel }, read(state));
      },
    });
  }
  return registry;
}
