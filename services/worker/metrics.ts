import { BATCH_TRIGGERS } from '#core/delivery/batch.ts';
import { HALT_STATES } from '#core/delivery/halt.ts';
import { STANDARD_EVENTS } from '#core/mapping/event-name.ts';
import { OUTCOME_KINDS } from '#core/outcome/answer.ts';
import { CANARY_ROLES } from '#graph/canary.ts';
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
  RECEIPT_METRICS,
  REDIS_METRICS,
} from '#process/metrics/shared-metrics.ts';
import { POISON_ACTIONS } from './lane/poison.ts';

const REQUEST_SECONDS = [0.01, 0.05, 0.1, 0.2, 0.3, 0.6, 1, 1.5, 3, 5, 10, 30];
const DELIVERY_AGES = [
  0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30, 60, 120, 300, 900, 1800, 3600, 21_600, 86_400, 259_200,
  604_800,
];
const EVENT_TIME_AGES = [60, 300, 900, 3600, 21_600, 86_400, 259_200, 518_400, 604_800];

export const LANE_STATES = ['active', ...HALT_STATES] as const;

/** Meta's standard events, and one word for all others. */
export const EVENT_NAMES = [...STANDARD_EVENTS, 'custom'];

/** How requests end: a status that Meta documents or a gateway returns, or no answer. */
export const CODES = [
  '200',
  '400',
  '401',
  '403',
  '404',
  '429',
  '500',
  '502',
  '503',
  '504',
  'timeout',
  'network',
  'stopped',
  'other',
] as const;

export const WORKER_METRICS = {
  ...REDIS_METRICS,
  ...RECEIPT_METRICS,
  deadLetters: deadLetterCounter('worker'),
  workerBatches: counter('capi_worker_batches_total', 'Batches released, by what released them.', {
    unit: 'batches',
    labels: { pixel: 'detailed pixels', trigger: BATCH_TRIGGERS },
  }),
  workerBatchEvents: histogram(
    'capi_worker_batch_events',
    'Events of a batch when it was released.',
    { unit: 'events', labels: { pixel: 'detailed pixels' }, buckets: EVENT_BUCKETS },
  ),
  workerRequests: counter(
    'capi_worker_requests_total',
    'Requests to the Conversions API by HTTP status, or timeout, network or stopped where no answer came.',
    { unit: 'requests', labels: { pixel: 'detailed pixels', code: CODES } },
  ),
  workerRequestDuration: histogram(
    'capi_worker_request_duration_seconds',
    'Time from the start of a request to its answer or its failure.',
    { unit: 'seconds', labels: { pixel: 'detailed pixels' }, buckets: REQUEST_SECONDS },
  ),
  workerInFlight: gauge('capi_worker_in_flight_requests', 'Requests that wait for an answer.', {
    unit: 'requests',
    labels: { pixel: 'pixels' },
  }),
  workerOutcomes: counter('capi_worker_batch_outcomes_total', 'Requests by outcome.', {
    unit: 'requests',
    labels: { pixel: 'pixels', outcome: OUTCOME_KINDS },
  }),
  workerEvents: counter(
    'capi_worker_events_total',
    'Events by what became of them in a worker: delivered, dead, or retried (back to the queue).',
    { unit: 'events', labels: { pixel: 'pixels', outcome: ['delivered', 'dead', 'retried'] } },
  ),
  deliveredEvents: counter(
    'capi_worker_delivered_events_total',
    'Events that Meta accepted, by their name: one of its standard events, or custom.',
    { unit: 'events', labels: { pixel: 'detailed pixels', event_name: EVENT_NAMES } },
  ),
  deliveries: counter(
    'capi_worker_deliveries_total',
    'Events that Meta accepted, by their age since their Kafka timestamp: in time within five minutes, late after that. Events without such a timestamp are not counted.',
    { unit: 'events', labels: { pixel: 'pixels', age: ['in_time', 'late'] } },
  ),
  nearHorizon: counter(
    'capi_worker_near_horizon_events_total',
    'Events that Meta accepted more than six days after their event time; it refuses those older than seven.',
    { unit: 'events', labels: { pixel: 'pixels' } },
  ),
  workerUnknown: counter(
    'capi_worker_unknown_answer_events_total',
    'Events of requests whose answer never came, once for each such request, and open events of envelopes whose worker vanished, once for each such worker: Meta may have them, and they are sent again, which is the only source of duplicates.',
    { unit: 'events', labels: { pixel: 'pixels' } },
  ),
  workerLost: counter(
    'capi_worker_lost_envelopes_total',
    'Envelopes that another worker took over because this live one was too slow to renew its hold on them; what was not being sent is left to that worker.',
    { unit: 'envelopes', labels: { pixel: 'detailed pixels' } },
  ),
  workerAnswerWarnings: counter(
    'capi_worker_answer_warnings_total',
    "Entries in the messages of Meta's successful answers.",
    { unit: 'times', labels: { pixel: 'pixels' } },
  ),
  workerUnreadable: counter(
    'capi_worker_unreadable_envelopes_total',
    'Times an envelope could not be opened; it stays in the queue.',
    { unit: 'times', labels: { pixel: 'pixels' } },
  ),
  workerSettleFailures: counter(
    'capi_worker_settle_failures_total',
    'Times Redis did not settle an envelope; each settlement is retried until it does.',
    { unit: 'times' },
  ),
  workerRefusedSettlements: counter(
    'capi_worker_refused_settlements_total',
    'Settlements that were refused, because another worker took the envelope over or Redis came back older; nothing is counted, and what is open is sent again.',
    { unit: 'times', labels: { pixel: 'pixels' } },
  ),
  workerSeparated: counter(
    'capi_worker_separated_events_total',
    'Events that resemble those that Meta rejected before, and that went in a request of their own.',
    { unit: 'events', labels: { pixel: 'detailed pixels' } },
  ),
  workerPoison: counter(
    'capi_worker_poison_envelopes_total',
    'Times an envelope was processed alone because workers had vanished while they held it: tried, turned into dead letters, or quarantined because even that ended a worker.',
    { unit: 'times', labels: { pixel: 'detailed pixels', action: POISON_ACTIONS } },
  ),
  laneState: gauge(
    'capi_worker_lane_state',
    '1 for the state that the lane of a pixel is in, 0 for the others.',
    { unit: '0 or 1', labels: { pixel: 'pixels', state: LANE_STATES } },
  ),
  laneHalts: counter(
    'capi_worker_lane_halts_total',
    'Times the lane of a pixel halted: throttled, blocked (a person must fix something), failing (Meta does not answer well), or paused by a person.',
    { unit: 'times', labels: { pixel: 'detailed pixels', state: HALT_STATES } },
  ),
  laneLimit: gauge(
    'capi_worker_lane_request_limit',
    'Requests of a pixel that may be under way at once in this worker; adapts to latency and errors.',
    { unit: 'requests', labels: { pixel: 'pixels' } },
  ),
  rateLimitUsage: gauge(
    'capi_worker_rate_limit_usage_ratio',
    'Used share of the rate limit of a pixel as its last answer said, 0 where it said nothing; above 1 Meta throttles.',
    { unit: 'ratio', labels: { pixel: 'pixels' } },
  ),
  shadowRequests: counter(
    'capi_worker_shadow_requests_total',
    'Copies of requests for the shadow dataset of a pixel, by outcome; dropped while another one was under way.',
    {
      unit: 'requests',
      labels: { pixel: 'detailed pixels', outcome: [...OUTCOME_KINDS, 'dropped'] },
    },
  ),
  canaryRequests: counter(
    'capi_worker_canary_requests_total',
    'Requests of pixels that take part in a canary of the Graph API version, by the version that answered and the outcome.',
    {
      unit: 'requests',
      labels: { pixel: 'detailed pixels', role: CANARY_ROLES, outcome: OUTCOME_KINDS },
    },
  ),
  canaryActive: gauge(
    'capi_worker_canary_active',
    '1 while a share of the requests goes to the canary version, 0 after it went back; absent without a canary.',
    { unit: '0 or 1', labels: { version: { upTo: 1 } } },
  ),
  graphVersionEnd: gauge(
    'capi_graph_api_version_end_timestamp_seconds',
    'When Meta stops serving a version of the Graph API, the configured one (stable) or its canary, or the earliest day on which it may; absent for a version that this release does not know.',
    { unit: 'Unix seconds', labels: { version: { upTo: 2 }, role: CANARY_ROLES } },
  ),
  workerLastDelivery: gauge(
    'capi_worker_last_delivery_timestamp_seconds',
    'When Meta last accepted events of a pixel; absent until it has.',
    { unit: 'Unix seconds', labels: { pixel: 'pixels' } },
  ),
  deliveryAge: histogram(
    'capi_event_delivery_age_seconds',
    'Time from the Kafka timestamp of an event to its acceptance by Meta.',
    { unit: 'seconds', labels: { pixel: 'detailed pixels' }, buckets: DELIVERY_AGES },
  ),
  eventTimeAge: histogram(
    'capi_event_time_age_seconds',
    'Time from the event time to the acceptance by Meta, which refuses events older than seven days.',
    { unit: 'seconds', labels: { pixel: 'detailed pixels' }, buckets: EVENT_TIME_AGES },
  ),
  replayEvents: counter(
    'capi_replay_events_total',
    'Events of replays by what became of them in a worker: delivered, or dead again.',
    { unit: 'events', labels: { pixel: 'detailed pixels', outcome: ['delivered', 'dead'] } },
  ),
} satisfies Declarations;

export type WorkerMetrics = Metrics<typeof WORKER_METRICS>;
