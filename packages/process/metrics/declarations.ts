import {
  DEAD_LETTER_REASONS,
  EVENT_NAMES,
  EXPIRIES,
  FILTER_REASONS,
  MATCH_KEYS,
  STAGES,
  WARNING_CODES,
} from './event-label-values.ts';
import {
  CODES,
  HALT_STATES,
  KAFKA_FAULTS,
  KAFKA_OPERATIONS,
  LANE_STATES,
  LEDGER_STATES,
  ORPHANS,
  OUTCOMES,
  POISON_ACTIONS,
  PROCESS_STATES,
  PUBLISH_FAULTS,
  REDIS_FAULTS,
  REDIS_OPERATIONS,
  TRIGGERS,
} from './label-values.ts';

/** The kinds of process; each serves only the metrics it feeds. */
export type Service = 'ingest' | 'worker' | 'control';

/** What one step of a metric's value is; names end in it where Prometheus has a word for it. */
export type Unit =
  | 'seconds'
  | 'Unix seconds'
  | 'bytes'
  | 'ratio'
  | 'messages'
  | 'events'
  | 'envelopes'
  | 'batches'
  | 'requests'
  | 'dead letters'
  | 'pages'
  | 'members'
  | 'partitions'
  | 'times'
  | '0 or 1';

/**
 * Whose value it is: a `process` knows of itself alone, so its values are added up; of the whole
 * `fleet` every process says the same, so its values are never added up: `max by (…)` takes one.
 */
export type Scope = 'process' | 'fleet';

/**
 * Which values a label has: those of a closed list, those of the configuration, or those that turn up
 * while the process runs, of which there are at most so many.
 */
export type LabelValues =
  | readonly string[]
  | 'pixels'
  | 'pixels and none'
  | 'topics'
  | { readonly upTo: number };

type Labels<L extends string> = { readonly [Name in L]: LabelValues };

interface Declared<K extends string, L extends string> {
  readonly kind: K;
  readonly name: string;
  /** One sentence: what it means. */
  readonly help: string;
  readonly unit: Unit;
  readonly scope: Scope;
  readonly labels: Labels<L>;
  readonly services: readonly Service[];
  readonly buckets?: readonly number[];
}

export type Declaration = Declared<'counter' | 'gauge' | 'histogram', string>;

interface Facts<L extends string> {
  readonly unit: Unit;
  readonly services: readonly Service[];
  readonly labels?: Labels<L>;
}

function counter<L extends string = never>(
  name: string,
  help: string,
  { unit, services, labels = {} as Labels<L> }: Facts<L>,
): Declared<'counter', L> {
  return { kind: 'counter', name, help, unit, scope: 'process', labels, services };
}

function gauge<L extends string = never>(
  name: string,
  help: string,
  facts: Facts<L> & { readonly scope?: Scope },
): Declared<'gauge', L> {
  const { unit, services, scope = 'process', labels = {} as Labels<L> } = facts;
  return { kind: 'gauge', name, help, unit, scope, labels, services };
}

function histogram<L extends string = never>(
  name: string,
  help: string,
  facts: Facts<L> & { readonly buckets: readonly number[] },
): Declared<'histogram', L> {
  const { unit, services, buckets, labels = {} as Labels<L> } = facts;
  return { kind: 'histogram', name, help, unit, scope: 'process', labels, services, buckets };
}

const EVENTS = [1, 5, 10, 25, 50, 100, 200, 400, 600, 800, 1000];
const REQUEST_SECONDS = [0.01, 0.05, 0.1, 0.2, 0.3, 0.6, 1, 1.5, 3, 5, 10, 30];
const REDIS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const DELIVERY_AGES = [
  0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30, 60, 120, 300, 900, 1800, 3600, 21_600, 86_400, 259_200,
  604_800,
];
const EVENT_TIME_AGES = [60, 300, 900, 3600, 21_600, 86_400, 259_200, 518_400, 604_800];

const ALL = ['ingest', 'worker', 'control'] as const;
const BOTH = ['ingest', 'worker'] as const;
const CONTROL = ['control'] as const;
const INGEST = ['ingest'] as const;
const WORKER = ['worker'] as const;

/** Sources of metrics of one process. */
const COLLECTORS = { upTo: 6 };
/** Partitions of one process. */
const PARTITIONS = { upTo: 64 };

/**
 * Every metric, once, with the sentence that says what it means. Label values come from closed
 * lists or from the configuration: topics, partitions and pixels.
 */
export const METRICS = {
  buildInfo: gauge(
    'capi_build_info',
    'Always 1; the labels say which release of which service runs on which Node.js.',
    {
      unit: '0 or 1',
      services: ALL,
      labels: { service: { upTo: 1 }, version: { upTo: 1 }, node_version: { upTo: 1 } },
    },
  ),
  processState: gauge(
    'capi_process_state',
    '1 for the state that the process is in, 0 for the others.',
    { unit: '0 or 1', services: ALL, labels: { state: PROCESS_STATES } },
  ),
  eventLoopActive: counter(
    'capi_event_loop_active_seconds_total',
    'Time in which the event loop was busy; its rate is the utilisation of the one thread that does the work, at most 1.',
    { unit: 'seconds', services: ALL },
  ),
  collectorSuccess: gauge(
    'capi_collector_success',
    '1 when the last look at this source of metrics succeeded, 0 when it failed or took too long, so that its values are old.',
    { unit: '0 or 1', services: ALL, labels: { collector: COLLECTORS } },
  ),
  collectorDuration: gauge(
    'capi_collector_duration_seconds',
    'How long the last look at this source of metrics took, or has taken until it was given up.',
    { unit: 'seconds', services: ALL, labels: { collector: COLLECTORS } },
  ),
  droppedLabels: counter(
    'capi_metrics_dropped_labels_total',
    'Label values outside their closed list, which were counted as other.',
    { unit: 'times', services: ALL, labels: { label: ['code'] } },
  ),
  configurationReloads: counter(
    'capi_configuration_reloads_total',
    'Changes of the configuration file that were applied, refused because it had problems, or failed while they were applied.',
    { unit: 'times', services: ALL, labels: { result: ['applied', 'refused', 'failed'] } },
  ),
  configurationValid: gauge(
    'capi_configuration_last_reload_successful',
    '1 while the process runs with the configuration file as it is, 0 after it refused a change and kept what it had.',
    { unit: '0 or 1', services: ALL },
  ),

  configurationPending: gauge(
    'capi_configuration_reload_pending',
    '1 while a change of the configuration has not taken full effect yet: a removed pixel is still closing, or applying it failed and is tried again.',
    { unit: '0 or 1', services: ALL },
  ),

  ingestMessages: counter('capi_ingest_messages_total', 'Messages read from Kafka.', {
    unit: 'messages',
    services: INGEST,
    labels: { topic: 'topics' },
  }),
  ingestBytes: counter('capi_ingest_bytes_total', 'Bytes of the values of messages read.', {
    unit: 'bytes',
    services: INGEST,
    labels: { topic: 'topics' },
  }),
  ingestRepeated: counter(
    'capi_ingest_repeated_messages_total',
    'Messages that Kafka gave again after a restart or rebalance, and that were skipped because their events had been taken.',
    { unit: 'messages', services: INGEST, labels: { topic: 'topics' } },
  ),
  ingestMissing: counter(
    'capi_ingest_missing_messages_total',
    'Offsets that were due and that Kafka no longer has: its log starts behind them. Gaps of compaction and transactions are not among them.',
    { unit: 'messages', services: INGEST, labels: { topic: 'topics' } },
  ),
  ingestEvents: counter(
    'capi_ingest_events_total',
    'Events by what ingest made of them for a pixel; pixel "none" where no pixel could be told.',
    {
      unit: 'events',
      services: INGEST,
      labels: { pixel: 'pixels and none', outcome: ['enqueued', 'filtered', 'dead'] },
    },
  ),
  ingestFiltered: counter('capi_ingest_filtered_total', 'Events left out on purpose, by reason.', {
    unit: 'events',
    services: INGEST,
    labels: { pixel: 'pixels and none', reason: FILTER_REASONS },
  }),
  ingestWarnings: counter(
    'capi_ingest_warnings_total',
    'Warnings about events that are delivered all the same, by code.',
    { unit: 'times', services: INGEST, labels: { pixel: 'pixels', code: WARNING_CODES } },
  ),
  matchKeys: counter(
    'capi_event_match_keys_total',
    'Enqueued events that carry this field of user_data; its share of the enqueued events of capi_ingest_events_total is the coverage that decides how well Meta matches.',
    { unit: 'events', services: INGEST, labels: { pixel: 'pixels', key: MATCH_KEYS } },
  ),
  normalisationFailures: counter(
    'capi_event_normalization_failures_total',
    'Values for this field of user_data that could not be made canonical and so are not sent, or can hardly be matched.',
    { unit: 'times', services: INGEST, labels: { pixel: 'pixels', key: MATCH_KEYS } },
  ),
  ingestEnvelopes: counter(
    'capi_ingest_envelopes_total',
    'Envelopes closed, by what closed them.',
    { unit: 'envelopes', services: INGEST, labels: { pixel: 'pixels', trigger: TRIGGERS } },
  ),
  ingestEnvelopeEvents: histogram(
    'capi_ingest_envelope_events',
    'Events of an envelope when it was closed.',
    { unit: 'events', services: INGEST, labels: { pixel: 'pixels' }, buckets: EVENTS },
  ),
  ingestTakeDuration: histogram(
    'capi_ingest_take_duration_seconds',
    'Time for one script that puts envelopes, dead letters and watermarks into Redis.',
    { unit: 'seconds', services: INGEST, buckets: REDIS_SECONDS },
  ),
  ingestTakeFailures: counter(
    'capi_ingest_take_failures_total',
    'Transactions that Redis did not take; each is tried again until it does.',
    { unit: 'times', services: INGEST },
  ),
  ingestRecreated: counter(
    'capi_ingest_recreated_partitions_total',
    'Partitions of a topic that was found deleted and created again; each is read from its beginning.',
    { unit: 'partitions', services: INGEST, labels: { topic: 'topics' } },
  ),
  ingestHalted: gauge(
    'capi_ingest_halted_partitions',
    'Partitions of this process that are not read because their log ends before what was taken of it; they wait for a person.',
    { unit: 'partitions', services: INGEST, labels: { topic: 'topics' } },
  ),
  ingestConflicts: counter(
    'capi_ingest_watermark_conflicts_total',
    'Transactions refused because another process had taken the same messages; they are read again from the watermark.',
    { unit: 'times', services: INGEST },
  ),
  ingestLag: gauge(
    'capi_ingest_lag_messages',
    'Messages of a partition that are not read yet; only partitions of this process.',
    { unit: 'messages', services: INGEST, labels: { topic: 'topics', partition: PARTITIONS } },
  ),
  ingestOpenTransactions: gauge(
    'capi_ingest_open_transaction_messages',
    'Messages of a partition, marks included, that may not be read yet, because a transaction before them is open; they are no lag.',
    { unit: 'messages', services: INGEST, labels: { topic: 'topics', partition: PARTITIONS } },
  ),
  ingestUnassigned: gauge(
    'capi_ingest_unassigned_partitions',
    'Partitions of a topic that no member of the consumer group reads, such as new ones.',
    { unit: 'partitions', services: INGEST, labels: { topic: 'topics' }, scope: 'fleet' },
  ),
  ingestUnassignedLag: gauge(
    'capi_ingest_unassigned_lag_messages',
    'Messages that wait in partitions of a topic that no member of the consumer group reads.',
    { unit: 'messages', services: INGEST, labels: { topic: 'topics' }, scope: 'fleet' },
  ),
  ingestLastMessage: gauge(
    'capi_ingest_last_message_timestamp_seconds',
    'Kafka timestamp of the newest message read; absent until there was one.',
    { unit: 'Unix seconds', services: INGEST, labels: { topic: 'topics' } },
  ),
  ingestPaused: gauge(
    'capi_ingest_paused',
    '1 while Kafka is held back because Redis is too full, else 0.',
    { unit: '0 or 1', services: INGEST },
  ),
  ingestRebalances: counter(
    'capi_ingest_rebalances_total',
    'Times the consumer group was joined.',
    { unit: 'times', services: INGEST },
  ),
  groupMembers: gauge(
    'capi_ingest_group_members',
    'Members of the consumer group in the words of Kafka.',
    { unit: 'members', services: INGEST, scope: 'fleet' },
  ),

  queueEvents: gauge(
    'capi_queue_events',
    'Events of a pixel that wait in Redis or are being sent.',
    { unit: 'events', services: BOTH, labels: { pixel: 'pixels' }, scope: 'fleet' },
  ),
  queueEnvelopes: gauge(
    'capi_queue_envelopes',
    'Envelopes of a pixel by state: waiting, active in a worker, delayed until their next attempt, or failed.',
    {
      unit: 'envelopes',
      services: WORKER,
      labels: { pixel: 'pixels', state: ['waiting', 'active', 'delayed', 'failed'] },
      scope: 'fleet',
    },
  ),
  queueOldest: gauge(
    'capi_queue_oldest_envelope_age_seconds',
    'Age of the oldest envelope of a pixel that is not settled, as far as both ends of its lists show; 0 when there is none.',
    { unit: 'seconds', services: WORKER, labels: { pixel: 'pixels' }, scope: 'fleet' },
  ),
  queueUnreadable: gauge(
    'capi_queue_unreadable_envelopes',
    'Envelopes of a pixel that a worker could not open, because a sealing key is missing or they are damaged; they stay in the queue.',
    { unit: 'envelopes', services: WORKER, labels: { pixel: 'pixels' }, scope: 'fleet' },
  ),
  queueOrphans: counter(
    'capi_queue_orphans_total',
    'Envelopes of a pixel that were in Redis only in part and were set right: an open entry without a job, whose events are lost; a job without an entry, which was settled, or whose entry was restored; a job in no list, which was queued again.',
    { unit: 'envelopes', services: WORKER, labels: { pixel: 'pixels', kind: ORPHANS } },
  ),
  ledgerEvents: gauge(
    'capi_ledger_events',
    'The ledger of a pixel since its first event: consumed = delivered + filtered + dead + purged + queued + lost; lost are events whose envelope was no longer in Redis; pixel "none" where no pixel could be told.',
    {
      unit: 'events',
      services: WORKER,
      labels: { pixel: 'pixels and none', state: LEDGER_STATES },
      scope: 'fleet',
    },
  ),
  ledgerImbalance: gauge(
    'capi_ledger_imbalance_events',
    'By how many events the ledger of a pixel is out of balance; anything but 0 says that events were lost or counted twice.',
    { unit: 'events', services: WORKER, labels: { pixel: 'pixels and none' }, scope: 'fleet' },
  ),
  redisMemory: gauge(
    'capi_redis_memory_used_ratio',
    'Used share of the maxmemory of Redis, 0 when it has no limit.',
    { unit: 'ratio', services: BOTH, scope: 'fleet' },
  ),
  redisFailures: counter(
    'capi_redis_failures_total',
    'Times that Redis did not do what it was asked, by what that was and why; it is tried again until it does.',
    {
      unit: 'times',
      services: BOTH,
      labels: {
        operation: { upTo: REDIS_OPERATIONS.length },
        fault: { upTo: REDIS_FAULTS.length },
      },
    },
  ),
  kafkaFailures: counter(
    'capi_kafka_failures_total',
    'Times that brokers did not do what they were asked besides reading, by what that was and why; it is tried again until they do.',
    {
      unit: 'times',
      services: ['ingest', 'control'],
      labels: {
        operation: { upTo: KAFKA_OPERATIONS.length },
        fault: { upTo: KAFKA_FAULTS.length },
      },
    },
  ),
  redisRoundTrip: gauge(
    'capi_redis_round_trip_seconds',
    'How long Redis took to answer the last PING of this process.',
    { unit: 'seconds', services: BOTH },
  ),

  workerBatches: counter('capi_worker_batches_total', 'Batches released, by what released them.', {
    unit: 'batches',
    services: WORKER,
    labels: { pixel: 'pixels', trigger: TRIGGERS },
  }),
  workerBatchEvents: histogram(
    'capi_worker_batch_events',
    'Events of a batch when it was released.',
    { unit: 'events', services: WORKER, labels: { pixel: 'pixels' }, buckets: EVENTS },
  ),
  workerRequests: counter(
    'capi_worker_requests_total',
    'Requests to the Conversions API by HTTP status, or timeout, network or stopped where no answer came.',
    { unit: 'requests', services: WORKER, labels: { pixel: 'pixels', code: CODES } },
  ),
  workerRequestDuration: histogram(
    'capi_worker_request_duration_seconds',
    'Time from the start of a request to its answer, or to giving up.',
    { unit: 'seconds', services: WORKER, labels: { pixel: 'pixels' }, buckets: REQUEST_SECONDS },
  ),
  workerInFlight: gauge('capi_worker_in_flight_requests', 'Requests that wait for their answer.', {
    unit: 'requests',
    services: WORKER,
    labels: { pixel: 'pixels' },
  }),
  workerOutcomes: counter('capi_worker_batch_outcomes_total', 'Requests by outcome.', {
    unit: 'requests',
    services: WORKER,
    labels: { pixel: 'pixels', outcome: OUTCOMES },
  }),
  workerEvents: counter(
    'capi_worker_events_total',
    'Events by what became of them in a worker: delivered, dead, or retried (back to the queue).',
    {
      unit: 'events',
      services: WORKER,
      labels: { pixel: 'pixels', outcome: ['delivered', 'dead', 'retried'] },
    },
  ),
  deliveredEvents: counter(
    'capi_worker_delivered_events_total',
    'Events that Meta accepted, by their name: one of its standard events, or custom.',
    { unit: 'events', services: WORKER, labels: { pixel: 'pixels', event_name: EVENT_NAMES } },
  ),
  workerUnknown: counter(
    'capi_worker_unknown_answer_events_total',
    'Events of requests whose answer never came, once for each such request, and open events of envelopes whose worker vanished, once for each such worker: Meta may have taken them, and they are sent again, which is the only way to duplicates.',
    { unit: 'events', services: WORKER, labels: { pixel: 'pixels' } },
  ),
  workerLost: counter(
    'capi_worker_lost_envelopes_total',
    'Envelopes that another worker took over because this one, which lives, was too slow to renew its hold on them: what of them was not being sent is left to that one.',
    { unit: 'envelopes', services: WORKER, labels: { pixel: 'pixels' } },
  ),
  workerAnswerWarnings: counter(
    'capi_worker_answer_warnings_total',
    "Entries in the messages of Meta's successful answers.",
    { unit: 'times', services: WORKER, labels: { pixel: 'pixels' } },
  ),
  workerUnreadable: counter(
    'capi_worker_unreadable_envelopes_total',
    'Times an envelope could not be opened; it stays in the queue.',
    { unit: 'times', services: WORKER, labels: { pixel: 'pixels' } },
  ),
  workerSettleFailures: counter(
    'capi_worker_settle_failures_total',
    'Times Redis did not take down what became of an envelope; each is tried again until it does.',
    { unit: 'times', services: WORKER },
  ),
  workerRefusedSettlements: counter(
    'capi_worker_refused_settlements_total',
    'Times Redis had an envelope otherwise than the worker that wanted to settle it, because another worker took it over or Redis came back older; nothing is counted then, and what is open is sent again.',
    { unit: 'times', services: WORKER, labels: { pixel: 'pixels' } },
  ),
  workerScreened: counter(
    'capi_worker_screened_events_total',
    'Events that look like those that Meta refused before, and that were sent apart from their batch.',
    { unit: 'events', services: WORKER, labels: { pixel: 'pixels' } },
  ),
  workerPoison: counter(
    'capi_worker_poison_envelopes_total',
    'Times an envelope was processed alone because workers had vanished while they held it: tried, turned into dead letters, or quarantined because even that ended a worker.',
    { unit: 'times', services: WORKER, labels: { pixel: 'pixels', action: POISON_ACTIONS } },
  ),
  laneState: gauge(
    'capi_worker_lane_state',
    '1 for the state that the lane of a pixel is in, 0 for the others.',
    { unit: '0 or 1', services: WORKER, labels: { pixel: 'pixels', state: LANE_STATES } },
  ),
  laneHalts: counter(
    'capi_worker_lane_halts_total',
    'Times the lane of a pixel was seen to stand still: throttled, blocked (a person must mend something), or failing (Meta does not answer well).',
    { unit: 'times', services: WORKER, labels: { pixel: 'pixels', state: HALT_STATES } },
  ),
  laneLimit: gauge(
    'capi_worker_lane_request_limit',
    'Requests of a pixel that may be under way in this worker at once; it adapts to how Meta answers.',
    { unit: 'requests', services: WORKER, labels: { pixel: 'pixels' } },
  ),
  rateLimitUsage: gauge(
    'capi_worker_rate_limit_usage_ratio',
    'Used share of the rate limit of a pixel as its last answer told it, 0 where it told none; above 1 Meta throttles.',
    { unit: 'ratio', services: WORKER, labels: { pixel: 'pixels' }, scope: 'fleet' },
  ),
  workerLastDelivery: gauge(
    'capi_worker_last_delivery_timestamp_seconds',
    'When Meta last accepted events of a pixel; absent until it did.',
    { unit: 'Unix seconds', services: WORKER, labels: { pixel: 'pixels' } },
  ),
  deliveryAge: histogram(
    'capi_event_delivery_age_seconds',
    'Time from the Kafka timestamp of an event to its acceptance by Meta.',
    { unit: 'seconds', services: WORKER, labels: { pixel: 'pixels' }, buckets: DELIVERY_AGES },
  ),
  eventTimeAge: histogram(
    'capi_event_time_age_seconds',
    'Time from the event time to the acceptance by Meta, which refuses events older than seven days.',
    { unit: 'seconds', services: WORKER, labels: { pixel: 'pixels' }, buckets: EVENT_TIME_AGES },
  ),

  deadLetters: counter(
    'capi_dead_letters_total',
    'Dead letters written, by stage and reason; pixel "none" where no pixel could be told.',
    {
      unit: 'dead letters',
      services: BOTH,
      labels: { pixel: 'pixels and none', stage: STAGES, reason: DEAD_LETTER_REASONS },
    },
  ),
  deadLettersExpiring: gauge(
    'capi_dead_letter_expiring_events',
    'Dead letters by when they can no longer be sent: within so many hours, each stretch including the shorter ones, or no more already; those whose event time is not known are in none.',
    {
      unit: 'dead letters',
      services: WORKER,
      labels: { pixel: 'pixels and none', within: EXPIRIES },
      scope: 'fleet',
    },
  ),
  deadLettersHeld: gauge('capi_dead_letters_held', 'Dead letters in Redis.', {
    unit: 'dead letters',
    services: WORKER,
    labels: { pixel: 'pixels and none', reason: DEAD_LETTER_REASONS },
    scope: 'fleet',
  }),
  deadLettersPublished: counter(
    'capi_dead_letters_published_total',
    'Dead letters that the topic of dead letters has taken, with their event sealed, or without it where it does not open or the topic takes no message of its size.',
    {
      unit: 'dead letters',
      services: INGEST,
      labels: { event: ['sealed', 'left_out'] },
    },
  ),
  deadLetterPublishFailures: counter(
    'capi_dead_letter_publish_failures_total',
    'Times dead letters could not be published, by what must be mended; each is tried again until they are.',
    { unit: 'times', services: INGEST, labels: { reason: PUBLISH_FAULTS } },
  ),
  deadLettersUnpublished: gauge(
    'capi_dead_letter_unpublished_pages',
    'Pages of dead letters in Redis that are not in the topic of dead letters yet, each of what died together; 0 where the configuration names no topic.',
    { unit: 'pages', services: INGEST, scope: 'fleet' },
  ),
  replayActive: gauge('capi_replay_active', '1 while a replay or a purge is at work, else 0.', {
    unit: '0 or 1',
    services: WORKER,
    scope: 'fleet',
  }),
  replayEvents: counter(
    'capi_replay_events_total',
    'Events of replays by what became of them in a worker: delivered, or dead again.',
    {
      unit: 'events',
      services: WORKER,
      labels: { pixel: 'pixels', outcome: ['delivered', 'dead'] },
    },
  ),

  controlRequests: counter(
    'capi_control_requests_total',
    'Requests to control by the kind of HTTP status that they were answered with.',
    { unit: 'requests', services: CONTROL, labels: { code: ['2xx', '3xx', '4xx', '5xx'] } },
  ),
  controlLoginFailures: counter(
    'capi_control_login_failures_total',
    'Requests to control that came with a wrong password or named an unknown user.',
    { unit: 'requests', services: CONTROL },
  ),
} satisfies Record<string, Declaration>;

export type MetricName = keyof typeof METRICS;
