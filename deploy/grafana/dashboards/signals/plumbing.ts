import { TRIGGER_COLOURS } from '../colours.ts';
import { mean, quantiles, rate, series, sumOfProcesses } from '../expressions.ts';
import type { Signal } from '../signal.ts';

/** What ingest does with Kafka and Redis, and what each process asks of them. */
export const PLUMBING = {
  takeDuration: {
    title: 'Transactions of ingest',
    description:
      'Time for one transaction that puts envelopes and watermarks into Redis. Rising: Redis is busy or its disk is slow (appendfsync).',
    unit: 's',
    colours: { p50: 'green', p99: 'red' },
    queries: quantiles('ingestWriteDuration', 0.5, 0.99),
  },
  takeFailures: {
    title: 'Not done by Redis or Kafka',
    description:
      'Operations that Redis or Kafka refused (retried), and lost races: conflict (read again), taken over (sent again). If it lasts: Redis is full, one is away, or a permission is missing.',
    unit: 'cps',
    rare: true,
    colours: { intake: 'red', outcome: 'dark-red', conflict: 'orange', 'taken over': 'yellow' },
    queries: {
      intake: rate('ingestWriteFailures'),
      outcome: rate('workerSettleFailures'),
      conflict: rate('ingestConflicts'),
      'taken over': rate('workerRefusedSettlements'),
      'too slow to hold': rate('workerLost'),
      '{{fault}}': rate('redisFailures', ['fault']),
      'Kafka {{fault}}': rate('kafkaFailures', ['fault']),
      'lacks {{command}}': sumOfProcesses('redisMissingPermissions', ['command']),
    },
  },
  rebalances: {
    title: 'Rebalances',
    description:
      'Joins of the consumer group, a second; often without deploys: a process is too slow, or dies. And partitions that wait for a person, because their log lost its end.',
    unit: 'cps',
    rare: true,
    queries: {
      '{{instance}}': rate('ingestRebalances', ['instance']),
      '{{topic}} halted partitions': sumOfProcesses('ingestHalted', ['topic']),
    },
  },
  envelopeEvents: {
    title: 'Events an envelope',
    description:
      'Mean number of events in an envelope. Small at high load costs Redis time and memory: raise the linger time or the size.',
    unit: 'none',
    decimals: 0,
    queries: { '{{pixel}}': mean('ingestEnvelopeEvents', ['pixel']) },
  },
  envelopeTriggers: {
    title: 'What closes envelopes',
    description:
      'Envelopes a second by what closed them: full (count, bytes), waited long enough (linger), or the end of the process (stop).',
    unit: 'cps',
    colours: TRIGGER_COLOURS,
    queries: { '{{trigger}}': rate('ingestEnvelopes', ['trigger']) },
  },
  roundTrip: {
    title: 'Redis round trip',
    description:
      'How long Redis took to answer the last PING of each process. Above 10 ms: the network, a slow command, or a Redis without a core of its own.',
    unit: 's',
    queries: { '{{instance}}': `max by (instance) (${series('redisRoundTrip')})` },
  },
  collectors: {
    title: 'Duration of collectors',
    description:
      'How long the last look at each source of metrics took. Near 2 s it is given up, and its values are old: see whether Redis or Kafka is slow.',
    unit: 's',
    queries: { '{{collector}}': `max by (collector) (${series('collectorDuration')})` },
  },
  reloads: {
    title: 'Reloads of the configuration',
    description:
      'Changes of the file that were applied or refused, a second. Refused: run `capi-relay check` with the file; the processes keep the old one.',
    unit: 'cps',
    rare: true,
    colours: { applied: 'green', refused: 'red' },
    queries: { '{{result}}': rate('configurationReloads', ['result']) },
  },
  members: {
    title: 'Group members',
    description:
      'Members of the consumer group, as Kafka counts them. Fewer than ingest processes: some cannot reach Kafka, or have another group. Unread: partitions that no member reads.',
    unit: 'none',
    decimals: 0,
    limits: { below: 'red', steps: [{ from: 1, colour: 'green' }] },
    queries: {
      members: `max(${series('groupMembers')})`,
      'unread partitions': `sum(max by (topic) (${series('ingestUnassigned')}))`,
    },
    min: 0,
  },
} satisfies Record<string, Signal>;
