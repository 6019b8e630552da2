import { TRIGGER_COLOURS } from '../colours.ts';
import { mean, quantiles, rate, series, sumOfProcesses } from '../expressions.ts';
import { signal } from '../signal.ts';

/** What ingest does with Kafka and Redis, and what each process asks of them. */
export const PLUMBING = {
  takeDuration: signal(
    'Transactions of ingest',
    'Time for one transaction that puts envelopes and watermarks into Redis. Rising: Redis is busy or its disk is slow (appendfsync).',
    's',
    quantiles('ingestWriteDuration', 0.5, 0.99),
    { colours: { p50: 'green', p99: 'red' } },
  ),
  takeFailures: signal(
    'Not done by Redis or Kafka',
    'Operations refused (retried; receipts are not), and lost races: conflict, duplicates (read again), taken over (sent again). If it lasts: Redis is full, one is away, or lacks a permission.',
    'cps',
    {
      intake: rate('ingestWriteFailures'),
      outcome: rate('workerSettleFailures'),
      conflict: rate('ingestConflicts'),
      duplicates: rate('ingestRereads'),
      'taken over': rate('workerRefusedSettlements'),
      'too slow to hold': rate('workerLost'),
      receipts: rate('receiptFailures'),
      '{{fault}}': rate('redisFailures', ['fault']),
      'Kafka {{fault}}': rate('kafkaFailures', ['fault']),
      'schemas {{fault}}': rate('registryFailures', ['fault']),
      'lacks {{command}}': sumOfProcesses('redisMissingPermissions', ['command']),
    },
    {
      rare: true,
      colours: { intake: 'red', outcome: 'dark-red', conflict: 'orange', 'taken over': 'yellow' },
    },
  ),
  rebalances: signal(
    'Rebalances',
    'Joins of the consumer group, a second; often without deploys: a process is too slow, or dies. And partitions that wait for a person, because their log lost its end, or for schemas.',
    'cps',
    {
      '{{instance}}': rate('ingestRebalances', ['instance']),
      '{{topic}} halted partitions': sumOfProcesses('ingestHalted', ['topic']),
      '{{topic}} partitions that wait for schemas': sumOfProcesses('ingestWaiting', ['topic']),
    },
    { rare: true },
  ),
  envelopeEvents: signal(
    'Events an envelope',
    'Mean number of events in an envelope. Small at high load costs Redis time and memory: raise the linger time or the size.',
    'none',
    { '{{pixel}}': mean('ingestEnvelopeEvents', ['pixel']) },
    { decimals: 0 },
  ),
  envelopeTriggers: signal(
    'What closes envelopes',
    'Envelopes a second by what closed them: full (count, bytes), waited long enough (linger), or the end of the process (stop).',
    'cps',
    { '{{trigger}}': rate('ingestEnvelopes', ['trigger']) },
    { colours: TRIGGER_COLOURS },
  ),
  roundTrip: signal(
    'Redis round trip',
    'How long Redis took to answer the last PING of each process. Above 10 ms: the network, a slow command, or a Redis without a core of its own.',
    's',
    { '{{instance}}': `max by (instance) (${series('redisRoundTrip')})` },
  ),
  collectors: signal(
    'Duration of collectors',
    'How long the last look at each source of metrics took. Near 2 s it is given up, and its values are old: see whether Redis or Kafka is slow.',
    's',
    { '{{collector}}': `max by (collector) (${series('collectorDuration')})` },
  ),
  reloads: signal(
    'Reloads of the configuration',
    'Changes of the file that were applied or refused, a second. Refused: run `capi-relay check` with the file; the processes keep the old one.',
    'cps',
    { '{{result}}': rate('configurationReloads', ['result']) },
    { rare: true, colours: { applied: 'green', refused: 'red' } },
  ),
  members: signal(
    'Group members',
    'Members of the consumer group, as Kafka counts them. Fewer than ingest processes: some cannot reach Kafka, or have another group. Unread: partitions that no member reads.',
    'none',
    {
      members: `max(${series('groupMembers')})`,
      'unread partitions': `sum(max by (topic) (${series('ingestUnassigned')}))`,
    },
    { decimals: 0, min: 0 },
  ),
};
