/** Series as promtool writes them: name with labels, and its values a step apart. */
export type Series = Readonly<Record<string, string>>;

/** What makes an alert fire, and what looks much like it and must not. */
export interface AlertCase {
  readonly fires: Series;
  readonly silent: Series;
  /** Steps after which both are looked at. */
  readonly after: number;
  /** Minutes of a step; 1 when left out. */
  readonly step?: number;
}

const events = (outcome: string) => `capi_worker_events_total{pixel="1",outcome="${outcome}"}`;
const outcomes = (outcome: string) =>
  `capi_worker_batch_outcomes_total{pixel="1",outcome="${outcome}"}`;
const lane = (state: string) => `capi_worker_lane_state{pixel="1",state="${state}"}`;
const inTime = 'capi_worker_deliveries_total{pixel="1",age="in_time"}';
const late = 'capi_worker_deliveries_total{pixel="1",age="late"}';
const nearHorizon = 'capi_worker_near_horizon_events_total{pixel="1"}';
const letters = 'capi_dead_letters_total{pixel="1",stage="ingest",reason="invalid_event"}';
const mappingFailed = 'capi_dead_letters_total{pixel="1",stage="ingest",reason="mapping_failed"}';
const unpublished = 'capi_dead_letter_publish_failures_total{reason="no_topic"}';
const consumed = 'capi_ingest_events_total{pixel="1",outcome="enqueued"}';
const unrouted = 'capi_ingest_events_total{pixel="none",outcome="filtered"}';
const noPixel = 'capi_ingest_filtered_total{pixel="none",reason="no_pixel"}';
const emails = 'capi_event_match_keys_total{pixel="1",key="em"}';
const scoreDrop = 'capi_quality_score_drop{pixel="1"}';
const diagnostics = (severity: string) =>
  `capi_quality_diagnostics{pixel="1",event_name="all",severity="${severity}"}`;
const failing = 'capi_quality_failing{pixel="1"}';
const oldest = 'capi_queue_oldest_envelope_age_seconds{pixel="1"}';
const lag = 'capi_ingest_lag_messages{topic="t",partition="0"}';
const read = 'capi_ingest_messages_total{topic="t"}';
const newest = 'capi_ingest_last_message_timestamp_seconds{topic="t"}';
const build = (service: string) => `capi_build_info{service="${service}"}`;

/** Of what changes slowly, in minutes. */
const QUALITY_STEP = 10;

/** Of a long history, in minutes; and a week of such steps. */
const LONG_STEP = 20;
const WEEK = (7 * 24 * 60) / LONG_STEP;

export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  CapiDeliveryErrorBudgetBurn: {
    fires: { [events('delivered')]: '0+980x90', [events('dead')]: '0+20x90' },
    silent: { [events('delivered')]: '0+9990x90', [events('dead')]: '0+10x90' },
    after: 80,
  },
  CapiDeliveryErrorBudgetBurnSlow: {
    fires: { [events('delivered')]: '0+996x300', [events('dead')]: '0+4x300' },
    silent: { [events('delivered')]: '0+99950x300', [events('dead')]: '0+50x300' },
    after: 200,
  },
  CapiFreshnessErrorBudgetBurn: {
    fires: { [inTime]: '0+80x90', [late]: '0+20x90' },
    silent: { [inTime]: '0+99x90', [late]: '0+1x90' },
    after: 80,
  },
  CapiFreshnessErrorBudgetBurnSlow: {
    fires: { [inTime]: '0+95x300', [late]: '0+5x300' },
    silent: { [inTime]: '0+995x300', [late]: '0+5x300' },
    after: 200,
  },
  CapiDeliveryStalled: {
    fires: { [oldest]: '0+60x30', [events('delivered')]: '7x30', [lane('blocked')]: '0x30' },
    // Waits for a person, who is called by another alert.
    silent: { [oldest]: '0+60x30', [events('delivered')]: '7x30', [lane('blocked')]: '1x30' },
    after: 20,
  },
  CapiConsumerStalled: {
    fires: { [lag]: '0+10x60', [read]: '5x60', capi_ingest_paused: '0x60' },
    // Held back on purpose.
    silent: { [lag]: '0+10x60', [read]: '5x60', capi_ingest_paused: '1x60' },
    after: 40,
  },
  CapiIngestBehind: {
    fires: { [lag]: '100x60', [newest]: '60+1x60' },
    // Nothing was sent: there is nothing to be behind of.
    silent: { [lag]: '0x60', [newest]: '60+1x60' },
    after: 50,
  },
  CapiPartitionsUnassigned: {
    fires: { 'capi_ingest_unassigned_partitions{topic="t"}': '0x5 2x30' },
    // New partitions are found before long.
    silent: { 'capi_ingest_unassigned_partitions{topic="t"}': '0x5 2x3 0x30' },
    after: 25,
  },
  CapiMessagesMissing: {
    fires: { 'capi_ingest_missing_messages_total{topic="t"}': '0x5 12x30' },
    silent: { 'capi_ingest_missing_messages_total{topic="t"}': '12x40' },
    after: 10,
  },
  CapiPartitionHalted: {
    fires: { 'capi_ingest_halted_partitions{topic="t"}': '0x5 1x30' },
    silent: { 'capi_ingest_halted_partitions{topic="t"}': '0x40' },
    after: 20,
  },
  CapiSchemasMissing: {
    fires: { 'capi_ingest_schema_waiting_partitions{topic="t"}': '0x5 2x30' },
    // A schema that is loaded late, again and again.
    silent: { 'capi_ingest_schema_waiting_partitions{topic="t"}': '0 1 0 1 0 1 0x30' },
    after: 20,
  },
  CapiLaneBlocked: {
    fires: { [lane('blocked')]: '0x5 1x20' },
    silent: { [lane('blocked')]: '0x30', [lane('throttled')]: '1x30' },
    after: 15,
  },
  CapiLanePaused: {
    // A restart of all workers in between, and one that was resumed in time.
    fires: { [lane('paused')]: '1x700 _x10 1x800' },
    silent: { [lane('paused')]: '1x1400 0x110', [lane('blocked')]: '1x1500' },
    after: 1500,
  },
  CapiRateLimited: {
    fires: { [outcomes('throttled')]: '0+2x60', [outcomes('delivered')]: '0+8x60' },
    silent: { [outcomes('throttled')]: '0+1x60', [outcomes('delivered')]: '0+99x60' },
    after: 50,
  },
  CapiApiFailing: {
    fires: { [outcomes('retry')]: '0+6x60', [outcomes('delivered')]: '0+4x60' },
    silent: { [outcomes('retry')]: '0+4x60', [outcomes('delivered')]: '0+6x60' },
    after: 30,
  },
  CapiCanaryBack: {
    fires: {
      'capi_worker_canary_active{version="v1.0",instance="a"}': '1x40',
      'capi_worker_canary_active{version="v1.0",instance="b"}': '1x5 0x35',
    },
    silent: { 'capi_worker_canary_active{version="v1.0",instance="a"}': '1x40' },
    after: 30,
  },
  CapiGraphVersionEnding: {
    // Time starts at 0: it ends in 59 days, and in 61.
    fires: {
      'capi_graph_api_version_end_timestamp_seconds{version="v1.0",role="stable"}': `${61 * 86_400}x30`,
      'capi_graph_api_version_end_timestamp_seconds{version="v2.0",role="canary"}': `${59 * 86_400}x30`,
    },
    silent: {
      'capi_graph_api_version_end_timestamp_seconds{version="v1.0",role="stable"}': `${61 * 86_400}x30`,
    },
    after: 20,
  },
  CapiDuplicatesPossible: {
    fires: {
      'capi_worker_unknown_answer_events_total{pixel="1"}': '0+5x90',
      [events('delivered')]: '0+100x90',
    },
    silent: {
      'capi_worker_unknown_answer_events_total{pixel="1"}': '0+5x90',
      [events('delivered')]: '0+1000x90',
    },
    after: 60,
  },
  CapiEventsExpired: {
    fires: { 'capi_dead_letters_total{pixel="1",stage="worker",reason="too_old"}': '0x5 3x30' },
    // Too old when it came: its sender's, not ours.
    silent: { 'capi_dead_letters_total{pixel="1",stage="ingest",reason="too_old"}': '0x5 3x30' },
    after: 10,
  },
  CapiDeadLettersExpiring: {
    fires: { 'capi_dead_letter_expiring_events{pixel="1",within="24h"}': '0x5 4x40' },
    silent: {
      'capi_dead_letter_expiring_events{pixel="1",within="24h"}': '0x45',
      'capi_dead_letter_expiring_events{pixel="1",within="72h"}': '4x45',
    },
    after: 30,
  },
  CapiHorizonNear: {
    fires: { [nearHorizon]: '0+1x60' },
    silent: { [nearHorizon]: '7x60' },
    after: 40,
  },
  CapiDeadLettersGrowing: {
    fires: { [letters]: '0+20x60', [consumed]: '0+980x60' },
    // Half of very few; and of what belongs to no pixel all dies, but that is little of the whole.
    silent: {
      [letters]: '0+1x60',
      [consumed]: '0+1x60',
      'capi_dead_letters_total{pixel="none",stage="ingest",reason="invalid_event"}': '0+9x60',
      'capi_ingest_events_total{pixel="none",outcome="dead"}': '0+9x60',
      'capi_ingest_events_total{pixel="2",outcome="enqueued"}': '0+991x60',
    },
    after: 50,
  },
  CapiMappingFailed: {
    fires: { [mappingFailed]: '0x5 1x30' },
    // Other reasons are no defects of ours, and this one is over.
    silent: {
      [mappingFailed]: '1x60',
      'capi_dead_letters_total{pixel="1",stage="ingest",reason="missing_value"}': '0+30x60',
    },
    after: 10,
  },
  CapiDeadLettersUnpublished: {
    fires: { [unpublished]: '0+30x30' },
    // A broker was away for a moment.
    silent: { [unpublished]: '0x5 3x30' },
    after: 20,
  },
  CapiLedgerImbalance: {
    fires: { 'capi_ledger_imbalance_events{pixel="1"}': '0x5 -3x30' },
    silent: { 'capi_ledger_imbalance_events{pixel="1"}': '0x40' },
    after: 20,
  },
  CapiEventsLost: {
    fires: { 'capi_queue_orphans_total{pixel="1",kind="lost"}': '0x5 1x30' },
    silent: { 'capi_queue_orphans_total{pixel="1",kind="settled"}': '0x5 1x30' },
    after: 10,
  },
  CapiParkedEventsEnding: {
    // Synthetic time starts at 0: a day and a quarter of an hour later Kafka may delete the first.
    fires: { 'capi_parked_kept_until_timestamp_seconds{pixel="1"}': '87300x60' },
    silent: { 'capi_parked_kept_until_timestamp_seconds{pixel="1"}': '172800x60' },
    after: 40,
  },
  CapiParkedEventsLost: {
    fires: { 'capi_parked_lost_events_total{pixel="1"}': '0x5 12x30' },
    silent: { 'capi_parked_lost_events_total{pixel="1"}': '12x30' },
    after: 10,
  },
  CapiEnvelopesOutOfStep: {
    fires: { 'capi_queue_orphans_total{pixel="1",kind="settled"}': '0x5 1x30' },
    silent: { 'capi_queue_orphans_total{pixel="1",kind="lost"}': '0x5 1x30' },
    after: 10,
  },
  CapiUnreadableEnvelopes: {
    fires: { 'capi_worker_unreadable_envelopes_total{pixel="1"}': '0x5 1x20' },
    silent: { 'capi_worker_unreadable_envelopes_total{pixel="1"}': '1x30' },
    after: 10,
  },
  CapiFilteredShareHigh: {
    fires: {
      [consumed]: `0+1000x${WEEK + 30}`,
      [unrouted]: `0x${WEEK} 0+300x30`,
      [noPixel]: `0x${WEEK} 0+300x30`,
    },
    silent: {
      [consumed]: `0+1000x${WEEK + 30}`,
      [unrouted]: `0x${WEEK} 0+90x30`,
      [noPixel]: `0x${WEEK} 0+90x30`,
      'capi_ingest_events_total{pixel="1",outcome="filtered"}': `0+9000x${WEEK + 30}`,
    },
    after: WEEK + 20,
    step: LONG_STEP,
  },
  CapiMatchQualityDrop: {
    fires: {
      [consumed]: `0+1000x${WEEK + 30}`,
      [emails]: `0+800x${WEEK} ${800 * WEEK}+400x30`,
    },
    silent: {
      [consumed]: `0+1000x${WEEK + 30}`,
      [emails]: `0+800x${WEEK} ${800 * WEEK}+700x30`,
    },
    after: WEEK + 20,
    step: LONG_STEP,
  },
  CapiMetaScoreDrop: {
    fires: { [scoreDrop]: '0x10 1.1x30' },
    silent: { [scoreDrop]: '0x10 0.3x30' },
    after: 28,
    step: QUALITY_STEP,
  },
  CapiMetaDiagnosticCritical: {
    fires: { [diagnostics('critical')]: '0x5 1x30', [diagnostics('notice')]: '0x35' },
    silent: { [diagnostics('critical')]: '0x35', [diagnostics('notice')]: '3x35' },
    after: 20,
    step: QUALITY_STEP,
  },
  CapiMetaQualityUnknown: {
    fires: { [failing]: '0x5 1x200' },
    // It is told again now and then.
    silent: { [failing]: '1x100 0x10 1x100' },
    after: 180,
    step: QUALITY_STEP,
  },
  CapiMetricsAbsent: {
    fires: { [build('worker')]: '1x30' },
    silent: { [build('worker')]: '1x30', [build('ingest')]: '1x30' },
    after: 20,
  },
  CapiControlIdle: {
    // Two copies run, and neither gets the lock.
    fires: {
      'capi_control_duties{instance="a"}': '1x5 0x40',
      'capi_control_duties{instance="b"}': '0x45',
    },
    // The duties move from one copy to the other.
    silent: {
      'capi_control_duties{instance="a"}': '1x5 0x40',
      'capi_control_duties{instance="b"}': '0x7 1x38',
    },
    after: 20,
  },
  CapiProcessDown: {
    fires: { 'up{job="capi-worker",instance="a"}': '1x5 0x30' },
    // One missed scrape among good ones.
    silent: { 'up{job="capi-worker",instance="a"}': '1 0 1x30' },
    after: 20,
  },
  CapiCollectorFailing: {
    fires: { 'capi_collector_success{job="j",instance="a",collector="redis"}': '1x5 0x30' },
    silent: { 'capi_collector_success{job="j",instance="a",collector="redis"}': '1x5 0 1x30' },
    after: 20,
  },
  CapiRedisRefuses: {
    fires: { 'capi_redis_failures_total{operation="intake",fault="not_allowed"}': '0+200x30' },
    // Redis was away, and is there again.
    silent: {
      'capi_redis_failures_total{operation="intake",fault="connection"}': '0+200x30',
      'capi_redis_failures_total{operation="intake",fault="read_only"}': '0x5 3x30',
    },
    after: 20,
  },
  CapiKafkaRefuses: {
    fires: {
      'capi_kafka_failures_total{operation="committed",fault="not_allowed"}': '0+200x30',
    },
    // Brokers are away, members come and go, and one answer was odd.
    silent: {
      'capi_kafka_failures_total{operation="topic_ids",fault="unreachable"}': '0+200x30',
      'capi_kafka_failures_total{operation="commit",fault="rebalancing"}': '0+1x30',
      'capi_kafka_failures_total{operation="group",fault="other"}': '0x5 1x30',
    },
    after: 25,
  },
  CapiRedisMemoryHigh: {
    fires: { 'capi_redis_memory_used_ratio{instance="a"}': '0.9x40' },
    silent: { 'capi_redis_memory_used_ratio{instance="a"}': '0.7x40' },
    after: 30,
  },
  CapiConfigurationRefused: {
    fires: { 'capi_configuration_last_reload_successful{job="j",instance="a"}': '1x5 0x30' },
    silent: { 'capi_configuration_last_reload_successful{job="j",instance="a"}': '1x5 0x2 1x30' },
    after: 20,
  },
  CapiConfigurationPending: {
    fires: { 'capi_configuration_reload_pending{job="j",instance="a"}': '0x5 1x30' },
    silent: { 'capi_configuration_reload_pending{job="j",instance="a"}': '0x5 1x4 0x1 1x4 0x30' },
    after: 20,
  },
};
