import { DEAD_LETTER_REASONS } from '#core/dead-letter/dead-letter.ts';
import {
  ALL_EVENTS,
  QUALITY_EVENT_NAMES,
  QUALITY_KEYS,
  SEVERITIES,
} from '#core/quality/findings.ts';
import { SEND_FAULTS } from '#kafka/fault.ts';
import { counter, type Declarations, gauge } from '#process/metrics/declare.ts';
import type { Metrics } from '#process/metrics/registry.ts';
import { KAFKA_METRICS, REDIS_METRICS } from '#process/metrics/shared-metrics.ts';
import { ORPHANS } from '#store/lua/orphans.ts';
import { LEDGER_FIELDS } from '#store/status/ledger.ts';

/** When dead letters can no longer be sent: within this time, or no longer. */
export const EXPIRIES = ['24h', '72h', '168h', 'expired'] as const;

/** One series for a pixel, and one for each event name of a detailed one. */
const OF_EVENT = {
  labels: { pixel: 'pixels', event_name: [...QUALITY_EVENT_NAMES, ALL_EVENTS] },
  initial: { pixel: 'pixels', event_name: [ALL_EVENTS] },
} as const;

/** Only of detailed pixels, by event name. */
const OF_DETAILED_EVENT = {
  labels: { pixel: 'detailed pixels', event_name: QUALITY_EVENT_NAMES },
  initial: { pixel: [] },
} as const;

/**
 * What Meta says of the quality of the events. Several event names under one label show the worst of
 * them: `other` stands for those that are not standard, `all` for every event of a pixel that is not
 * detailed.
 */
const QUALITY_METRICS = {
  qualityRequests: counter(
    'capi_quality_requests_total',
    "Requests to Meta's Dataset Quality API: answered, throttled, refused (token, permission, version), or unavailable (no answer, or none of that API).",
    {
      unit: 'requests',
      labels: {
        pixel: 'detailed pixels',
        outcome: ['answered', 'throttled', 'refused', 'unavailable'],
      },
    },
  ),
  qualityFailing: gauge(
    'capi_quality_failing',
    '1 while Meta does not tell the quality of a pixel, and the other figures are those of its last answer, else 0.',
    { unit: '0 or 1', labels: { pixel: 'pixels' }, scope: 'fleet' },
  ),
  qualityAnswered: gauge(
    'capi_quality_last_answer_timestamp_seconds',
    'When Meta last told the quality of a pixel; absent until it has.',
    { unit: 'Unix seconds', labels: { pixel: 'pixels' }, scope: 'fleet' },
  ),
  qualityScore: gauge(
    'capi_quality_event_match_score',
    "Meta's Event Match Quality of the events of a name, 0 to 10; event_name `all` is the lowest of a pixel that is not detailed.",
    { unit: 'points', ...OF_EVENT, scope: 'fleet' },
  ),
  qualityScoreDrop: gauge(
    'capi_quality_score_drop',
    'By how much the Event Match Quality of the event of a pixel that fell most is below its usual one, the median of the last 14 days, 0 where none fell; of standard events only, and absent before the third day.',
    { unit: 'points', labels: { pixel: 'pixels' }, scope: 'fleet' },
  ),
  qualityUsualScore: gauge(
    'capi_quality_usual_event_match_score',
    'Median of the Event Match Quality of the last 14 days, without today; absent before the third day, for other events than standard ones, and for pixels that are not detailed.',
    { unit: 'points', ...OF_DETAILED_EVENT, scope: 'fleet' },
  ),
  qualityKeyCoverage: gauge(
    'capi_quality_match_key_coverage_ratio',
    'Share of the events of a name in which Meta found an identifier; absent for pixels that are not detailed.',
    {
      unit: 'ratio',
      ...OF_DETAILED_EVENT,
      labels: { ...OF_DETAILED_EVENT.labels, key: QUALITY_KEYS },
      scope: 'fleet',
    },
  ),
  qualityEventCoverage: gauge(
    'capi_quality_event_coverage_ratio',
    'Share of the events of the browser that the server sent too with the same deduplication key, as a mean of seven days.',
    { unit: 'ratio', ...OF_EVENT, scope: 'fleet' },
  ),
  qualityRealTime: gauge(
    'capi_quality_real_time',
    '1 where Meta receives the events of a name in real time, 0 where it receives them later.',
    { unit: '0 or 1', ...OF_EVENT, scope: 'fleet' },
  ),
  qualityDiagnostics: gauge(
    'capi_quality_diagnostics',
    'Issues that Meta found with the events of a name; critical are those that affect at least control.quality.criticalPercentage of them.',
    {
      unit: 'diagnostics',
      labels: { ...OF_EVENT.labels, severity: SEVERITIES },
      initial: { ...OF_EVENT.initial, severity: SEVERITIES },
      scope: 'fleet',
    },
  ),
} satisfies Declarations;

/** Those with the scope `fleet` are served only by the process that does the duties of the fleet. */
export const CONTROL_METRICS = {
  ...REDIS_METRICS,
  ...KAFKA_METRICS,
  ...QUALITY_METRICS,
  duties: gauge(
    'capi_control_duties',
    '1 while this process does the duties of the fleet, which one control process does at a time, else 0.',
    { unit: '0 or 1' },
  ),
  pixelInfo: gauge(
    'capi_pixel_info',
    'Always 1; the labels name a pixel of the configuration and what the configuration calls it, which is its ID where it has no name.',
    { unit: '0 or 1', labels: { pixel: 'pixels', name: { upTo: 1 } }, scope: 'fleet' },
  ),
  queueEvents: gauge(
    'capi_queue_events',
    'Events of a pixel that wait in Redis or are being sent.',
    { unit: 'events', labels: { pixel: 'pixels' }, scope: 'fleet' },
  ),
  queueEnvelopes: gauge(
    'capi_queue_envelopes',
    'Envelopes of a pixel by state: waiting, active in a worker, delayed until their next attempt, or failed.',
    {
      unit: 'envelopes',
      labels: { pixel: 'pixels', state: ['waiting', 'active', 'delayed', 'failed'] },
      scope: 'fleet',
    },
  ),
  queueOldest: gauge(
    'capi_queue_oldest_envelope_age_seconds',
    'Age of the oldest unsettled envelope of a pixel, judged by both ends of its lists; 0 if there is none.',
    { unit: 'seconds', labels: { pixel: 'pixels' }, scope: 'fleet' },
  ),
  queueUnreadable: gauge(
    'capi_queue_unreadable_envelopes',
    'Envelopes of a pixel that a worker could not open, because a sealing key is missing or they are damaged; they stay in the queue.',
    { unit: 'envelopes', labels: { pixel: 'pixels' }, scope: 'fleet' },
  ),
  receiptsReach: gauge(
    'capi_receipts_reach_seconds',
    'How far back receipts say what became of each event; absent where there are none.',
    { unit: 'seconds', scope: 'fleet' },
  ),
  windowReach: gauge(
    'capi_duplicate_window_seconds',
    'How far back an event that the producer wrote twice is recognised; absent where none are.',
    { unit: 'seconds', scope: 'fleet' },
  ),
  queueOrphans: counter(
    'capi_queue_orphans_total',
    'Envelopes of a pixel that were partly missing in Redis and were repaired: an open entry without a job, whose events are lost; a job without an entry, which was settled, or whose entry was restored; a job in no list, which was queued again.',
    { unit: 'envelopes', labels: { pixel: 'pixels', kind: ORPHANS } },
  ),
  ledgerEvents: gauge(
    'capi_ledger_events',
    'The ledger of a pixel since its first event: consumed = delivered + filtered + dead + purged + queued + lost + parked; lost events are those whose envelope was missing in Redis, and parked ones that Kafka has deleted; parked events stay in Kafka while their lane is halted; pixel "none" if the pixel is unknown.',
    {
      unit: 'events',
      labels: { pixel: 'pixels and none', state: LEDGER_FIELDS },
      scope: 'fleet',
    },
  ),
  parkedSince: gauge(
    'capi_parked_since_timestamp_seconds',
    'When the first parked event of a pixel was parked; absent where none is.',
    { unit: 'Unix seconds', labels: { pixel: 'pixels' }, scope: 'fleet' },
  ),
  parkedKeptUntil: gauge(
    'capi_parked_kept_until_timestamp_seconds',
    'Until when Kafka keeps the first parked event of a pixel at least, by the retention time of its topic; absent where none is parked, and where Kafka keeps it for ever or does not tell.',
    { unit: 'Unix seconds', labels: { pixel: 'pixels' }, scope: 'fleet' },
  ),
  ledgerImbalance: gauge(
    'capi_ledger_imbalance_events',
    'Events by which the ledger of a pixel is out of balance; a value other than 0 means that events were lost or counted twice.',
    { unit: 'events', labels: { pixel: 'pixels and none' }, scope: 'fleet' },
  ),
  redisMemory: gauge(
    'capi_redis_memory_used_ratio',
    'Used share of the maxmemory of Redis; 0 if it has no limit.',
    { unit: 'ratio', scope: 'fleet' },
  ),
  deadLettersHeld: gauge('capi_dead_letters_held', 'Dead letters in Redis.', {
    unit: 'dead letters',
    labels: { pixel: 'pixels and none', reason: DEAD_LETTER_REASONS },
    scope: 'fleet',
  }),
  deadLettersExpiring: gauge(
    'capi_dead_letter_expiring_events',
    'Dead letters by when they can no longer be sent: within this time, each period including the shorter ones, or already expired; those without a known event time count in none.',
    {
      unit: 'dead letters',
      labels: { pixel: 'pixels and none', within: EXPIRIES },
      scope: 'fleet',
    },
  ),
  deadLettersPublished: counter(
    'capi_dead_letters_published_total',
    'Dead letters published to the dead-letter topic, with their event sealed, or without it if it cannot be opened or is too large for the topic.',
    {
      unit: 'dead letters',
      labels: { event: ['sealed', 'left_out'] },
    },
  ),
  deadLetterPublishFailures: counter(
    'capi_dead_letter_publish_failures_total',
    'Failed attempts to publish dead letters, by cause; each is retried until it succeeds.',
    { unit: 'times', labels: { reason: SEND_FAULTS } },
  ),
  deadLettersUnpublished: gauge(
    'capi_dead_letter_unpublished_pages',
    'Pages of dead letters in Redis, each of events that died together, that are not in the dead-letter topic yet; 0 without such a topic.',
    { unit: 'pages', scope: 'fleet' },
  ),
  replayActive: gauge('capi_replay_active', '1 while a replay or a purge runs, else 0.', {
    unit: '0 or 1',
    scope: 'fleet',
  }),
  ingestUnassigned: gauge(
    'capi_ingest_unassigned_partitions',
    'Partitions of a topic that no member of the consumer group reads, such as new ones.',
    { unit: 'partitions', labels: { topic: 'topics' }, scope: 'fleet' },
  ),
  ingestUnassignedLag: gauge(
    'capi_ingest_unassigned_lag_messages',
    'Messages that wait in partitions of a topic that no member of the consumer group reads.',
    { unit: 'messages', labels: { topic: 'topics' }, scope: 'fleet' },
  ),
  groupMembers: gauge(
    'capi_ingest_group_members',
    'Members of the consumer group, as Kafka reports them.',
    { unit: 'members', scope: 'fleet' },
  ),
  controlRequests: counter(
    'capi_control_requests_total',
    'Requests to control, by class of HTTP status.',
    { unit: 'requests', labels: { code: ['2xx', '3xx', '4xx', '5xx'] } },
  ),
  controlLoginFailures: counter(
    'capi_control_login_failures_total',
    'Requests to control with a wrong password or an unknown user.',
    { unit: 'requests' },
  ),
} satisfies Declarations;

export type ControlMetrics = Metrics<typeof CONTROL_METRICS>;
