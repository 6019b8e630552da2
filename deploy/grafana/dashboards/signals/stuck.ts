import { fleet, rate } from '../expressions.ts';
import { goodAtZero, type Signal } from '../signal.ts';

/** Envelopes that neither arrive nor die by themselves. */
export const STUCK = {
  closed: {
    title: 'Cannot be opened',
    description:
      'Envelopes in the queue that no worker could open. Above 0: a sealing key is missing in the configuration, or they are damaged. They stay.',
    unit: 'locale',
    decimals: 0,
    queries: [{ expression: `sum(${fleet('queueUnreadable', ['pixel'])})`, legend: 'closed' }],
    limits: goodAtZero(),
  },
  suspects: {
    title: 'Envelopes that ended workers',
    description:
      'Envelopes a second that are begun alone, because workers vanished while they held them. set_aside: keep the log of the worker, and report it.',
    unit: 'cps',
    rare: true,
    queries: [{ expression: rate('workerSuspects', ['treatment']), legend: '{{treatment}}' }],
    min: 0,
  },
} satisfies Record<string, Signal>;
