import { BATCH_TRIGGERS } from '#core/delivery/batch.ts';
import { HASHED_FIELDS } from '#core/event/server-event.ts';
import { WARNING_CODES } from '#core/event/warning.ts';
import { ALL_FILTER_REASONS, DESELECTED } from '#core/mapping/mapping-result.ts';
import {
  counter,
  type Declarations,
  EVENT_BUCKETS,
  gauge,
  histogram,
} from '#process/metrics/declare.ts';
import type { Metrics } from '#process/metrics/registry.ts';
import {
  deadLetterCounter,
  KAFKA_METRICS,
  RECEIPT_METRICS,
  REDIS_METRICS,
} from '#process/metrics/shared-metrics.ts';
import { REGISTRY_FAULTS } from '#registry/registry-failure.ts';

const REDIS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** Partitions of one process. */
const PARTITIONS = { upTo: 64 };

/** The fields of `user_data` by which Meta matches most events to people. */
export const MATCH_KEYS = [
  ...HASHED_FIELDS,
  'client_ip_address',
  'client_user_agent',
  'fbc',
  'fbp',
] as const;

export const INGEST_METRICS = {
  ...REDIS_METRICS,
  ...RECEIPT_METRICS,
  ...KAFKA_METRICS,
  deadLetters: deadLetterCounter('ingest'),
  ingestMessages: counter('capi_ingest_messages_total', 'Messages read from Kafka.', {
    unit: 'messages',
    labels: { topic: 'topics' },
  }),
  ingestBytes: counter('capi_ingest_bytes_total', 'Bytes of the values of messages read.', {
    unit: 'bytes',
    labels: { topic: 'topics' },
  }),
  ingestRepeated: counter(
    'capi_ingest_repeated_messages_total',
    'Messages that Kafka redelivered after a restart or rebalance, and that were skipped because their events were already in Redis.',
    { unit: 'messages', labels: { topic: 'topics' } },
  ),
  ingestMissing: counter(
    'capi_ingest_missing_messages_total',
    'Offsets that were due but that Kafka has deleted; gaps left by compaction and transactions do not count.',
    { unit: 'messages', labels: { topic: 'topics' } },
  ),
  ingestEvents: counter(
    'capi_ingest_events_total',
    'Events by their result for a pixel; pixel "none" if the pixel is unknown. A parked event stays in Kafka, and counts once more when it is read again.',
    {
      unit: 'events',
      labels: { pixel: 'pixels and none', outcome: ['enqueued', 'filtered', 'dead', 'parked'] },
      // Most pixels never have a parked event.
      initial: { pixel: 'pixels and none', outcome: ['enqueued', 'filtered', 'dead'] },
    },
  ),
  ingestFiltered: counter(
    'capi_ingest_filtered_total',
    'Events filtered out on purpose, by reason.',
    {
      unit: 'events',
      labels: { pixel: 'pixels and none', reason: ALL_FILTER_REASONS },
      // Most pixels never have a parked event.
      initial: {
        pixel: 'pixels and none',
        reason: ALL_FILTER_REASONS.filter((reason) => reason !== DESELECTED),
      },
    },
  ),
  ingestWarnings: counter(
    'capi_ingest_warnings_total',
    'Warnings about events that are delivered anyway, by code.',
    { unit: 'times', labels: { pixel: 'detailed pixels', code: WARNING_CODES } },
  ),
  matchKeys: counter(
    'capi_event_match_keys_total',
    'Enqueued events with this field of user_data; divided by the enqueued events of capi_ingest_events_total it is the coverage, which decides how well Meta matches.',
    { unit: 'events', labels: { pixel: 'pixels', key: MATCH_KEYS } },
  ),
  normalisationFailures: counter(
    'capi_event_normalization_failures_total',
    'Values of this field of user_data that could not be normalised, and so are not sent or hardly match.',
    { unit: 'times', labels: { pixel: 'detailed pixels', key: MATCH_KEYS } },
  ),
  ingestEnvelopes: counter(
    'capi_ingest_envelopes_total',
    'Envelopes closed, by what closed them.',
    { unit: 'envelopes', labels: { pixel: 'detailed pixels', trigger: BATCH_TRIGGERS } },
  ),
  ingestEnvelopeEvents: histogram(
    'capi_ingest_envelope_events',
    'Events of an envelope when it was closed.',
    { unit: 'events', labels: { pixel: 'detailed pixels' }, buckets: EVENT_BUCKETS },
  ),
  ingestWriteDuration: histogram(
    'capi_ingest_write_duration_seconds',
    'Duration of the script that writes envelopes, dead letters and watermarks to Redis.',
    { unit: 'seconds', buckets: REDIS_SECONDS },
  ),
  ingestWriteFailures: counter(
    'capi_ingest_write_failures_total',
    'Transactions that Redis refused; each is retried until it is written.',
    { unit: 'times' },
  ),
  ingestRecreated: counter(
    'capi_ingest_recreated_partitions_total',
    'Partitions of a topic that was deleted and recreated; each is read from its start.',
    { unit: 'partitions', labels: { topic: 'topics' } },
  ),
  ingestHalted: gauge(
    'capi_ingest_halted_partitions',
    'Partitions of this process that are halted because their log ends before the watermark; a person must resume them.',
    { unit: 'partitions', labels: { topic: 'topics' } },
  ),
  ingestWaiting: gauge(
    'capi_ingest_schema_waiting_partitions',
    'Partitions of this process that are not read, because the schema registry does not give the schemas of their messages.',
    { unit: 'partitions', labels: { topic: 'topics' } },
  ),
  registryFailures: counter(
    'capi_ingest_schema_failures_total',
    'Failed attempts to load schemas, by cause; each is repeated until it succeeds.',
    { unit: 'times', labels: { fault: REGISTRY_FAULTS } },
  ),
  ingestConflicts: counter(
    'capi_ingest_watermark_conflicts_total',
    'Transactions refused because another process had written the same messages; they are read again from the watermark.',
    { unit: 'times' },
  ),
  ingestRereads: counter(
    'capi_ingest_duplicate_rereads_total',
    'Transactions refused because an event in them had been queued before, as only Redis knew; their messages are read again, and it is left out.',
    { unit: 'times' },
  ),
  ingestLag: gauge(
    'capi_ingest_lag_messages',
    'Messages of a partition that are not read yet, for the partitions of this process.',
    { unit: 'messages', labels: { topic: 'topics', partition: PARTITIONS } },
  ),
  ingestOpenTransactions: gauge(
    'capi_ingest_open_transaction_messages',
    'Messages of a partition, transaction markers included, that cannot be read yet because an earlier transaction is open; they do not count as lag.',
    { unit: 'messages', labels: { topic: 'topics', partition: PARTITIONS } },
  ),
  ingestLastMessage: gauge(
    'capi_ingest_last_message_timestamp_seconds',
    'Kafka timestamp of the newest message read; absent before the first.',
    { unit: 'Unix seconds', labels: { topic: 'topics' } },
  ),
  ingestPaused: gauge(
    'capi_ingest_paused',
    '1 while reading from Kafka is paused because Redis is too full, else 0.',
    { unit: '0 or 1' },
  ),
  parkedRead: counter(
    'capi_parked_read_messages_total',
    'Parked messages that were read again, because the lane of their pixel is active; one for each such pixel.',
    { unit: 'messages', labels: { topic: 'topics' } },
  ),
  parkedLost: counter(
    'capi_parked_lost_events_total',
    'Parked events of a pixel that are lost, because Kafka had deleted them before they were read again.',
    { unit: 'events', labels: { pixel: 'pixels' } },
  ),
  ingestRebalances: counter(
    'capi_ingest_rebalances_total',
    'Times this process joined the consumer group.',
    { unit: 'times' },
  ),
} satisfies Declarations;

export type IngestMetrics = Metrics<typeof INGEST_METRICS>;
