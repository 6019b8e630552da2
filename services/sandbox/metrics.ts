import type { Journal } from './journal/journal.ts';
import type { PixelState } from './journal/pixel-state.ts';

/** One row for each metric: what it is called, what it means, and where it comes from. */
const METRICS: readonly {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly read: (state: PixelState) => number;
}[] = [
  {
    name: 'capi_sandbox_events_accepted_total',
    type: 'counter',
    help: 'Server events that the sandbox accepted, duplicates included.',
    read: (state) => state.accepted,
  },
  {
    name: 'capi_sandbox_events_duplicate_total',
    type: 'counter',
    help: 'Accepted server events whose name and id had been accepted before.',
    read: (state) => state.duplicates,
  },
  {
    name: 'capi_sandbox_events_refused_total',
    type: 'counter',
    help: 'Server events in requests that the sandbox refused.',
    read: (state) => state.refusedEvents,
  },
  {
    name: 'capi_sandbox_events_unanswered_total',
    type: 'counter',
    help: 'Accepted server events whose client was not told so as it should have been.',
    read: (state) => state.unansweredEvents,
  },
  {
    name: 'capi_sandbox_requests_total',
    type: 'counter',
    help: 'Requests to the events endpoint.',
    read: (state) => state.requests.total,
  },
  {
    name: 'capi_sandbox_requests_refused_total',
    type: 'counter',
    help: 'Requests that the sandbox refused.',
    read: (state) => state.requests.refused,
  },
  {
    name: 'capi_sandbox_requests_in_flight',
    type: 'gauge',
    help: 'Requests under way now.',
    read: (state) => state.requests.inFlight,
  },
];

/** The journal as Prometheus reads it. */
export function exposition(journal: Journal): string {
  const pixels = Object.entries(journal.state().pixels);
  const lines = METRICS.flatMap(({ name, type, help, read }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...pixels.map(([pixel, state]) => `${name}{pixel="${pixel}"} ${read(state)}`),
  ]);
  return `${lines.join('\n')}\n`;
}
