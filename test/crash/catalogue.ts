import type { Proof } from './proof.ts';
import { redisFull, redisGone } from './proofs/away.ts';
import { backlog } from './proofs/backlog.ts';
import { brokers } from './proofs/brokers.ts';
import { cluster } from './proofs/cluster.ts';
import { control } from './proofs/control.ts';
import { cutsBeforeAnswers } from './proofs/cuts.ts';
import { failover } from './proofs/failover.ts';
import { hostileReading } from './proofs/hostile.ts';
import { hostileStream } from './proofs/hostile-stream.ts';
import { kills } from './proofs/kills.ts';
import { manyPixels } from './proofs/many-pixels.ts';
import { outage } from './proofs/outage.ts';
import { overload } from './proofs/overload.ts';
import { parking } from './proofs/parking.ts';
import { refusals } from './proofs/refusals.ts';
import { rollback } from './proofs/rollback.ts';
import { rolling } from './proofs/rolling.ts';
import { sealing } from './proofs/sealing.ts';
import { sentinels } from './proofs/sentinels.ts';
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
    name: 'parking',
    promise: `${NOTHING_LOST}: everything dies while events of a halted pixel are parked, and while they are read again`,
    run: (bench) =>
      parking(bench, {
        weights: {
          'kill ingest': 5,
          'kill redis': 3,
          'kill kafka': 2,
          'pause ingest': 2,
          'add ingest': 2,
          'remove ingest': 2,
        },
        count: 25,
        eventsPerSecond: 600,
        restMs: [100, 2000],
      }),
  },
  {
    name: 'brokers',
    promise: `${NOTHING_LOST}: of three Kafka brokers the leader of a partition dies, again and again`,
    run: (bench) => brokers(bench, { times: 20, eventsPerSecond: 300, awayMs: 4000 }),
  },
  {
    name: 'cuts',
    promise: 'Ingest takes a message once, although it never hears what became of a transaction',
    run: (bench) => cutsBeforeAnswers(bench, { cuts: 100, eventsPerSecond: 600 }),
  },
  {
    name: 'refusals',
    promise:
      'Whatever command Redis refuses to ingest or to workers, and wherever in a script: nothing is lost or counted twice once it is allowed again',
    run: (bench) => refusals(bench, { ingest: 51, workers: 96, eventsPerSecond: 400 }),
  },
  {
    name: 'rollback',
    promise: 'Nothing is lost when Redis comes back as it was some time ago',
    run: (bench) => {
      const agesMs = [3000, 1000, 300, 100, 0];
      return rollback(bench, { times: 15, eventsPerSecond: 300, agesMs, awayMs: 2 });
    },
  },
  {
    name: 'rollback-afar',
    promise: 'Nothing is lost when a Redis that is far away comes back as it was some time ago',
    run: (bench) => {
      const agesMs = [3000, 1000, 300, 100, 0];
      return rollback(bench, { times: 15, eventsPerSecond: 300, agesMs, awayMs: 100 });
    },
  },
  {
    name: 'failover',
    promise: `${NOTHING_LOST}: a replica of Redis is promoted under load`,
    run: (bench) =>
      failover(bench, { times: 20, eventsPerSecond: 400, readOnlyMs: 1000, lagMs: 100 }),
  },
  {
    name: 'sentinels',
    promise: `${NOTHING_LOST}: the primary of Redis dies or sleeps, and Sentinels promote a replica`,
    run: (bench) =>
      sentinels(bench, {
        times: 10,
        eventsPerSecond: 300,
        replicas: 2,
        workers: 2,
        settings: { 'min-replicas-to-write': '1', 'min-replicas-max-lag': '3' },
      }),
  },
  {
    name: 'cluster',
    promise: `${NOTHING_LOST}: in a Redis Cluster the primary of the slot dies, and the slot moves to another node`,
    run: (bench) =>
      cluster(bench, {
        failovers: 8,
        moves: 8,
        eventsPerSecond: 300,
        workers: 2,
        midwayMs: 3000,
      }),
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
    name: 'many-pixels',
    promise:
      'Stopping is not failing with 1,000 pixels and a backlog: what was not sent is released at once',
    run: (bench) =>
      manyPixels(bench, { pixels: 1000, messages: 60_000, heldEvents: 5000, stops: 4 }),
  },
  {
    name: 'overload',
    promise: 'Workers that are only slow send nothing twice, however short the locks may be',
    run: (bench) => overload(bench, { pixels: 1000, messages: 40_000, lastsMs: 60_000 }),
  },
  {
    name: 'control',
    promise:
      'The duties of the fleet are done once, whatever copy of control dies or sleeps: a replay goes on where it was, and the topic of dead letters has no gap',
    run: (bench) => control(bench, { times: 40, letters: 30_000, perSecond: 100 }),
  },
  {
    name: 'rolling',
    promise:
      'Nothing is lost and nothing sent twice while two releases run side by side: an upgrade process by process, and the way back',
    run: (bench) => rolling(bench, { rounds: 3, eventsPerSecond: 300, besideMs: 2000 }),
  },
  {
    name: 'second-signal',
    promise: 'A second signal ends a process at once, and nothing is lost',
    run: (bench) => secondSignals(bench, { times: 10 }),
  },
  {
    name: 'backlog',
    promise: 'Backpressure reaches Kafka: Redis stays bounded, and memory flat',
    run: (bench) =>
      backlog(bench, {
        messages: 1_000_000,
        pauseAt: 100_000,
        resumeAt: 50_000,
        stalledMs: 30_000,
      }),
  },
  {
    name: 'redis-gone',
    promise: 'Nothing is lost and nothing sent twice while Redis is gone',
    run: (bench) => redisGone(bench, { goneMs: 60_000, eventsPerSecond: 400 }),
  },
  {
    name: 'redis-full',
    promise: 'Nothing is lost and nothing sent twice while Redis takes no writes',
    run: (bench) => redisFull(bench, { times: 10, fullMs: 8000, eventsPerSecond: 400 }),
  },
  {
    name: 'outage',
    promise: 'An outage of Meta costs no event, no attempts and no storm of requests',
    run: (bench) => outage(bench, { lastsMs: 120_000, eventsPerSecond: 200 }),
  },
  {
    name: 'sealing',
    promise: 'No personal value and no token in the clear outside of memory, whatever fails',
    run: (bench) => sealing(bench, { values: 10_000 }),
  },
  {
    name: 'hostile-reading',
    promise: 'No message brings ingest down',
    run: async (bench) => hostileReading(bench, { messages: 1_000_000, huge: 4 }),
  },
  {
    name: 'hostile-stream',
    promise: 'No message brings the pipeline down, and the ledger balances',
    run: (bench) => hostileStream(bench, { messages: 200_000 }),
  },
];
