import {
  DEAD_LETTER_REASONS,
  FILTER_REASONS,
  LANE_STATES,
  OUTCOMES,
  PROCESS_STATES,
  STAGES,
  TRIGGERS,
} from './label-values.ts';

/** The kinds of process; each serves only the metrics it feeds. */
export type Service = 'ingest' | 'worker' | 'sandbox';

/**
 * Which values a label has: those of a closed list, those of the configuration, or those that turn up
 * while the process runs, of which there are few.
 */
export type LabelValues = readonly string[] | 'pixels' | 'pixels and none' | 'topics' | 'open';

type Labels<L extends string> = { readonly [Name in L]: LabelValues };

interface Declared<K extends string, L extends string> {
  readonly kind: K;
  readonly name: string;
  readonly help: string;
  readonly labels: Labels<L>;
  readonly services: readonly Service[];
  readonly buckets?: readonly number[];
}

export type Declaration = Declared<'counter' | 'gauge' | 'histogram', string>;

function counter<L extends string = never>(
  name: string,
  help: string,
  services: readonly Service[],
  labels: Labels<L> = {} as Labels<L>,
): Declared<'counter', L> {
  return { kind: 'counter', name, help, services, labels };
}

function gauge<L extends string = never>(
  name: string,
  help: string,
  services: readonly Service[],
  labels: Labels<L> = {} as Labels<L>,
): Declared<'gauge', L> {
  return { kind: 'gauge', name, help, services, labels };
}

function histogram<L extends string = never>(
  name: string,
  help: string,
  services: readonly Service[],
  labels: Labels<L>,
  buckets: readonly number[],
): Declared<'histogram', L> {
  return { kind: 'histogram', name, help, services, labels, buckets };
}

const EVENTS = [1, 5, 10, 25, 50, 100, 200, 400, 600, 800, 1000];
const REQUEST_SECONDS = [0.01, 0.05, 0.1, 0.2, 0.3, 0.6, 1, 1.5, 3, 5, 10, 30];
const REDIS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const AGES = [
  0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30, 60, 120, 300, 900, 1800, 3600, 21_600, 86_400, 259_200,
  604_800,
];

const BOTH = ['ingest', 'worker'] as const;
const INGEST = ['ingest'] as const;
const WORKER = ['worker'] as const;
const ALL = ['ingest', 'worker', 'sandbox'] as const;

/**
 * Every metric, once, with the sentence that says what it means. Label values come from closed
 * lists or from the configuration: topics, partitions and pixels.
 */
export const METRICS = {
  buildInfo: gauge(
    'capi_build_info',
    'Always 1; the labels say which release runs on which Node.js.',
    ALL,
    { version: 'open', node_version: 'open' },
  ),
  processState: gauge(
    'capi_process_state',
    '1 for the state that the process is in, 0 for the others.',
    ALL,
    { state: PROCESS_STATES },
  ),
  collectorSuccess: gauge(
    'capi_collector_success',
    '1 when the last look at this source of metrics succeeded, 0 when it failed or took too long.',
    BOTH,
    { collector: 'open' },
  ),
  configurationReloads: counter(
    'capi_configuration_reloads_total',
    'Changes of the configuration file that were applied, or refused because it had problems.',
    BOTH,
    { result: ['applied', 'refused'] },
  ),

  ingestMessages: counter('capi_ingest_messages_total', 'Messages read from Kafka.', INGEST, {
    topic: 'topics',
  }),
  ingestBytes: counter('capi_ingest_bytes_total', 'Bytes of the values of messages read.', INGEST, {
    topic: 'topics',
  }),
  ingestRepeated: counter(
    'capi_ingest_repeated_messages_total',
    'Messages that Kafka gave again after a restart or rebalance, and that were skipped because their events had been taken.',
    INGEST,
    { topic: 'topics' },
  ),
  ingestMissing: counter(
    'capi_ingest_missing_messages_total',
    'Offsets that were due and that Kafka no longer has: removed by retention or compaction before they were read.',
    INGEST,
    { topic: 'topics' },
  ),
  ingestEvents: counter(
    'capi_ingest_events_total',
    'Events by what ingest made of them for a pixel; pixel "none" where no pixel could be told.',
    INGEST,
    { pixel: 'pixels and none', outcome: ['enqueued', 'filtered', 'dead'] },
  ),
  ingestFiltered: counter(
    'capi_ingest_filtered_total',
    'Events left out on purpose, by reason.',
    INGEST,
    { pixel: 'pixels and none', reason: FILTER_REASONS },
  ),
  ingestWarnings: counter(
    'capi_ingest_warnings_total',
    'Warnings about events that are delivered all the same, by code.',
    INGEST,
    { pixel: 'pixels', code: 'open' },
  ),
  ingestEnvelopes: counter(
    'capi_ingest_envelopes_total',
    'Envelopes closed, by what closed them.',
    INGEST,
    { pixel: 'pixels', trigger: TRIGGERS },
  ),
  ingestEnvelopeEvents: histogram(
    'capi_ingest_envelope_events',
    'Events of an envelope when it was closed.',
    INGEST,
    { pixel: 'pixels' },
    EVENTS,
  ),
  ingestTakeDuration: histogram(
    'capi_ingest_take_duration_seconds',
    'Time for one transaction that puts envelopes, dead letters and watermarks into Redis.',
    INGEST,
    {},
    REDIS_SECONDS,
  ),
  ingestTakeFailures: counter(
    'capi_ingest_take_failures_total',
    'Transactions that Redis did not take; each is tried again until it does.',
    INGEST,
  ),
  ingestConflicts: counter(
    'capi_ingest_watermark_conflicts_total',
    'Transactions refused because another process had taken the same messages; they are read again from the watermark.',
    INGEST,
  ),
  ingestLag: gauge(
    'capi_ingest_lag_messages',
    'Messages of a partition that are not read yet; only partitions of this process.',
    INGEST,
    { topic: 'topics', partition: 'open' },
  ),
  ingestLastMessage: gauge(
    'capi_ingest_last_message_timestamp_seconds',
    'Kafka timestamp of the newest message read, in Unix seconds.',
    INGEST,
    { topic: 'topics' },
  ),
  ingestPaused: gauge(
    'capi_ingest_paused',
    '1 while Kafka is held back because Redis is too full, else 0.',
    INGEST,
  ),
  ingestRebalances: counter(
    'capi_ingest_rebalances_total',
    'Times the consumer group was joined.',
    INGEST,
  ),

  queueEvents: gauge(
    'capi_queue_events',
    'Events of a pixel that wait in Redis or are being sent; the same in every process, so never add them up.',
    BOTH,
    { pixel: 'pixels' },
  ),
  queueEnvelopes: gauge(
    'capi_queue_envelopes',
    'Envelopes of a pixel by state; the same in every process, so never add them up.',
    WORKER,
    { pixel: 'pixels', state: ['waiting', 'active', 'delayed', 'failed'] },
  ),
  queueOldest: gauge(
    'capi_queue_oldest_envelope_age_seconds',
    'Age of the envelope of a pixel that has waited longest, 0 when none waits.',
    WORKER,
    { pixel: 'pixels' },
  ),
  redisMemory: gauge(
    'capi_redis_memory_used_ratio',
    'Used share of the maxmemory of Redis, 0 when it has no limit.',
    BOTH,
  ),

  workerBatches: counter(
    'capi_worker_batches_total',
    'Batches released, by what released them.',
    WORKER,
    { pixel: 'pixels', trigger: TRIGGERS },
  ),
  workerBatchEvents: histogram(
    'capi_worker_batch_events',
    'Events of a batch when it was released.',
    WORKER,
    { pixel: 'pixels' },
    EVENTS,
  ),
  workerRequests: counter(
    'capi_worker_requests_total',
    'Requests to the Conversions API by HTTP status, or timeout, network or stopped where no answer came.',
    WORKER,
    { pixel: 'pixels', code: 'open' },
  ),
  workerRequestDuration: histogram(
    'capi_worker_request_duration_seconds',
    'Time from the start of a request to its answer, or to giving up.',
    WORKER,
    { pixel: 'pixels' },
    REQUEST_SECONDS,
  ),
  workerInFlight: gauge(
    'capi_worker_in_flight_requests',
    'Requests that wait for their answer.',
    WORKER,
    { pixel: 'pixels' },
  ),
  workerOutcomes: counter('capi_worker_batch_outcomes_total', 'Requests by outcome.', WORKER, {
    pixel: 'pixels',
    outcome: OUTCOMES,
  }),
  workerEvents: counter(
    'capi_worker_events_total',
    'Events by what became of them in a worker: delivered, dead, or retried (back to the queue).',
    WORKER,
    { pixel: 'pixels', outcome: ['delivered', 'dead', 'retried'] },
  ),
  workerUnknown: counter(
    'capi_worker_unknown_answer_events_total',
    'Events of requests whose answer never came: Meta may have taken them, and they are sent again.',
    WORKER,
    { pixel: 'pixels' },
  ),
  workerAnswerWarnings: counter(
    'capi_worker_answer_warnings_total',
    "Entries in the messages of Meta's successful answers.",
    WORKER,
    { pixel: 'pixels' },
  ),
  workerUnreadable: counter(
    'capi_worker_unreadable_envelopes_total',
    'Times an envelope could not be opened; it stays in the queue.',
    WORKER,
    { pixel: 'pixels' },
  ),
  laneState: gauge(
    'capi_worker_lane_state',
    '1 for the state that the lane of a pixel is in, 0 for the others.',
    WORKER,
    { pixel: 'pixels', state: LANE_STATES },
  ),
  workerLastDelivery: gauge(
    'capi_worker_last_delivery_timestamp_seconds',
    'When Meta last accepted events of a pixel, in Unix seconds.',
    WORKER,
    { pixel: 'pixels' },
  ),
  deliveryAge: histogram(
    'capi_event_delivery_age_seconds',
    'Time from the Kafka timestamp of an event to its acceptance by Meta.',
    WORKER,
    { pixel: 'pixels' },
    AGES,
  ),
  eventTimeAge: histogram(
    'capi_event_time_age_seconds',
    'Time from the event time to the acceptance by Meta, which refuses events older than seven days.',
    WORKER,
    { pixel: 'pixels' },
    AGES,
  ),

  deadLetters: counter(
    'capi_dead_letters_total',
    'Dead letters written, by stage and reason; pixel "none" where no pixel could be told.',
    BOTH,
    { pixel: 'pixels and none', stage: STAGES, reason: DEAD_LETTER_REASONS },
  ),
  deadLettersHeld: gauge(
    'capi_dead_letters_held',
    'Dead letters in Redis; the same in every process, so never add them up.',
    WORKER,
    { pixel: 'pixels and none', reason: DEAD_LETTER_REASONS },
  ),
} satisfies Record<string, Declaration>;

export type MetricName = keyof typeof METRICS;
