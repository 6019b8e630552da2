import type { Proof } from './proof.ts';
import { cutsAfterExec } from './proofs/cuts.ts';
import { kills } from './proofs/kills.ts';
import { rollback } from './proofs/rollback.ts';
import { secondSignals, stops } from './proofs/stops.ts';
import { timeouts } from './proofs/timeouts.ts';

const NOTHING_LOST = 'Nothing is lost, and ingest never duplicates';

/** Every proof in its long form, in the order in which the page shows them. */
export const PROOFS: readonly Proof[] = [
  {
    name: 'stores',
    promise: `${NOTHING_LOST}: ingest, Redis and Kafka die, singly and in a row`,
    run: (bench) =>
      kills(bench, {
        weights: { 'kill ingest': 4, 'kill redis': 4, 'kill kafka': 2 },
        count: 60,
        eventsPerSecond: 600,
        restMs: [100, 2000],
      }),
  },
  {
    name: 'everything',
    promise: `${NOTHING_LOST}; workers duplicate only what was under way: everything dies, singly and together`,
    run: (bench) =>
      kills(bench, {
        weights: { 'kill worker': 6, 'kill ours': 2, 'kill all': 1, 'kill redis': 1 },
        count: 50,
        eventsPerSecond: 600,
        restMs: [100, 2000],
      }),
  },
  {
    name: 'pauses',
    promise: `${NOTHING_LOST}: processes sleep longer than their locks and sessions, and the group changes`,
    run: (bench) =>
      kills(bench, {
        weights: { 'pause ingest': 3, 'pause worker': 3, 'add ingest': 3, 'remove ingest': 3 },
        count: 40,
        eventsPerSecond: 400,
        restMs: [200, 1500],
      }),
  },
  {
    name: 'cuts',
    promise: 'Ingest takes a message once, although it never hears what became of a transaction',
    run: (bench) => cutsAfterExec(bench, { cuts: 100, eventsPerSecond: 600 }),
  },
  {
    name: 'rollback',
    promise: 'Nothing is lost when Redis comes back as it was some time ago',
    run: (bench) => rollback(bench, { times: 10, eventsPerSecond: 400, ageMs: 3000 }),
  },
  {
    name: 'timeouts',
    promise: 'Workers duplicate what Meta took without answering, and count it exactly',
    run: (bench) => timeouts(bench, { requests: 60, eventsPerSecond: 400 }),
  },
  {
    name: 'stops',
    promise:
      'Stopping is not failing: nothing lost, nothing sent twice, exit 0 inside the deadline',
    run: (bench) => stops(bench, { times: 50, eventsPerSecond: 600 }),
  },
  {
    name: 'second-signal',
    promise: 'A second signal ends a process at once, and nothing is lost',
    run: (bench) => secondSignals(bench, { times: 10 }),
  },
];
