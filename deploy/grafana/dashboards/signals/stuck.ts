import { ofFleet, rate } from '../expressions.ts';
import { goodAtZero, type Signal } from '../signal.ts';

/** What neither arrives nor dies as usual. */
export const STUCK = {
  closed: {
    title: 'Cannot be opened',
    description:
      'Envelopes in the queue that no worker could open. Above 0: a sealing key is missing in the configuration, or they are damaged. They stay.',
    unit: 'locale',
    decimals: 0,
    queries: [{ expression: `sum(${ofFleet('queueUnreadable', ['pixel'])})`, legend: 'closed' }],
    limits: goodAtZero(),
  },
  orphans: {
    title: 'Envelopes only in part',
    description:
      'Envelopes a second that were in Redis only in part, and were set right. lost: their events are gone; the log names them. Others: nothing is missing.',
    unit: 'cps',
    rare: true,
    queries: [{ expression: rate('queueOrphans', ['kind']), legend: '{{kind}}' }],
    min: 0,
  },
  suspects: {
    title: 'Envelopes that ended workers',
    description:
      'Envelopes a second that are processed alone, because workers vanished while they held them. quarantine: keep the log of the worker, and report it.',
    unit: 'cps',
    rare: true,
    queries: [{ expression: rate('workerPoison', ['action']), legend: '{{action}}' }],
    min: 0,
  },
  separated: {
    title: 'Events sent apart',
    description:
      'Events a second that look like what Meta refused before, and so do not go with their batch. For long: fix what the dead letters of rejected_by_meta report.',
    unit: 'eps',
    rare: true,
    queries: [{ expression: rate('workerSeparated', ['pixel']), legend: '{{pixel}}' }],
    min: 0,
  },
} satisfies Record<string, Signal>;
