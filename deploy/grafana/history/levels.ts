import type { LabelSet } from '#process/metrics/registry.ts';
import type { Metric } from '../dashboards/expressions.ts';
import { flowOf } from './growth.ts';
import { VERSIONS } from './processes.ts';
import { BLOCKED, chance, type Moment, PIXEL_NAMES, STORY_PIXELS, UNKNOWN_PIXEL } from './story.ts';
import * as weights from './weights.ts';

/** The value of a gauge at a moment; null if the series does not exist then. */
export type Level = (labels: LabelSet, moment: Moment, started: number) => number | null;

const LEDGER_BEFORE = 48_000_000;

const DRIFT_SECONDS = 900;

/** A value that drifts slowly around another. */
function drifting(around: number, words: string, at: number): number {
  const from = Math.floor(at / DRIFT_SECONDS);
  const part = at / DRIFT_SECONDS - from;
  const drift = chance(`${words} ${from}`) * (1 - part) + chance(`${words} ${from + 1}`) * part;
  return around * (0.85 + 0.3 * drift);
}

const isIn =
  (label: string, state: string): Level =>
  (labels) =>
    labels[label] === state ? 1 : 0;

const queueEnvelopes: Level = (labels, moment) => {
  const { queued, lane, trouble } = flowOf(labels, moment);
  const envelopes = queued / 140;
  const shares = { waiting: 0.8, active: lane === 'active' ? 0.2 : 0, delayed: trouble, failed: 0 };
  return Math.round(envelopes * (shares[labels['state'] as keyof typeof shares] ?? 0));
};

const ledger: Level = (labels, { part, flows }) => {
  if (labels['pixel'] === UNKNOWN_PIXEL) return labels['state'] === 'delivered' ? 0 : 61;
  const consumed = LEDGER_BEFORE + part * 2_500_000;
  const shares = {
    consumed: 1,
    filtered: 0.021,
    dead: 0.0003,
    purged: 0.00005,
    lost: 0,
    parked: 0,
  };
  const queued = flows.get(labels['pixel'] ?? '')?.queued ?? 0;
  if (labels['state'] === 'queued') return Math.round(queued);
  const share = shares[labels['state'] as keyof typeof shares] ?? 1 - 0.02135;
  return Math.round(consumed * share);
};

const deadHeld: Level = (labels, { part }) => {
  if (labels['pixel'] === UNKNOWN_PIXEL) return labels['reason'] === 'invalid_event' ? 14 : 0;
  const weight = weights.DEAD[labels['reason'] ?? ''] ?? 0;
  const share = chance(`held ${labels['pixel']}`) + 0.5;
  return Math.round(weight * share * (900_000 + part * 1_900_000));
};

/** A figure of Meta about an event: only of those that the shops send. */
const ofEvent =
  (value: number, spread = 1): Level =>
  ({ pixel, event_name: name = '', key = '' }, { at }) => {
    if (!(name in weights.NAME_WEIGHTS)) return null;
    const own = value * (0.85 + 0.15 * chance(`${pixel} ${name} ${key}`));
    return Math.min(drifting(own, `${value} ${pixel} ${name}`, at / spread), value);
  };

/** What is parked while its lane is blocked: a moment some seconds from that of its first event. */
function parkedFor(seconds: number): Level {
  return (labels, moment) => {
    const { lane, waiting } = flowOf(labels, moment);
    return lane === 'blocked' ? moment.at - waiting + seconds : null;
  };
}

/** Every gauge that the story sets; the others are 0. */
export const LEVELS: Partial<Record<Metric, Level>> = {
  buildInfo: (labels, { release }) => (labels['version'] === VERSIONS[release] ? 1 : null),
  processState: isIn('state', 'running'),
  collectorSuccess: () => 1,
  collectorDuration: (labels, { at }) =>
    drifting(labels['collector'] === 'kafka' ? 0.012 : 0.004, `${labels['collector']}`, at),
  configurationValid: () => 1,
  ingestLag: (labels, moment) => {
    const { at } = moment;
    const { arriving } = flowOf({}, moment);
    return Math.round(drifting(arriving * 0.08, `lag ${labels['partition']}`, at));
  },
  ingestLastMessage: (_, { at }) => at - drifting(0.4, 'last', at),
  groupMembers: () => 2,
  queueEvents: (labels, moment) => Math.round(flowOf(labels, moment).queued),
  queueEnvelopes,
  queueOldest: (labels, moment) => flowOf(labels, moment).waiting,
  ledgerEvents: ledger,
  parkedSince: parkedFor(0),
  parkedKeptUntil: parkedFor(7 * 86_400),
  redisMemory: (_, moment) => 0.11 + flowOf({}, moment).queued / 2_000_000,
  pixelInfo: ({ pixel = '', name }) => (PIXEL_NAMES[pixel] === name ? 1 : null),
  canaryActive: () => 1,
  graphVersionEnd: ({ role }, { at }) => at + (role === 'canary' ? 640 : 290) * 86_400,
  duties: ({ instance = '' }) => (instance.startsWith('control-1:') ? 1 : 0),
  redisRoundTrip: ({ instance }, { at }) => drifting(0.0007, `ping ${instance}`, at),
  workerInFlight: (labels, moment) =>
    Math.round(drifting(flowOf(labels, moment).delivered / 90, `${labels['instance']}`, moment.at)),
  rateLimitUsage: (labels, moment) =>
    flowOf(labels, moment).lane === 'throttled' ? 1.1 : flowOf(labels, moment).delivered / 700,
  laneLimit: (labels, moment) => (flowOf(labels, moment).trouble > 0.1 ? 2 : 4),
  deadLettersHeld: deadHeld,
  deadLettersExpiring: ({ pixel = '', within = '' }, { part }) => {
    const shares: Readonly<Record<string, number>> = { '72h': 110, '168h': 890 };
    return pixel === UNKNOWN_PIXEL ? 0 : Math.round((shares[within] ?? 0) * (0.4 + 0.6 * part));
  },
  qualityScore: ofEvent(8.6, 96),
  qualityUsualScore: ofEvent(8.4, 960),
  qualityEventCoverage: ofEvent(0.93, 96),
  qualityKeyCoverage: (labels, moment, started) =>
    ofEvent(weights.IDENTIFIED[labels['key'] ?? ''] ?? 0, 96)(labels, moment, started),
  qualityRealTime: (labels) => ((labels['event_name'] ?? '') in weights.NAME_WEIGHTS ? 1 : null),
  qualityDiagnostics: ({ event_name: name = '' }) => (name in weights.NAME_WEIGHTS ? 0 : null),
  qualityAnswered: (_, { at }, started) => Math.max(at - (at % 3600), started),
  laneState: (labels, moment) => (flowOf(labels, moment).lane === labels['state'] ? 1 : 0),
  workerLastDelivery: (labels, moment, started) => {
    const { delivered, waiting } = flowOf(labels, moment);
    return Math.max(moment.at - (delivered > 0 ? 1 : waiting), started);
  },
};

/** The gauges of Node's runtime. */
export const RUNTIME: Readonly<Record<string, Level>> = {
  up: () => 1,
  process_start_time_seconds: (_, __, started) => started,
  process_resident_memory_bytes: ({ instance = '' }, { at }) =>
    drifting(instance.startsWith('ingest') ? 168e6 : 142e6, `memory ${instance}`, at),
  process_open_fds: ({ instance = '' }) => (instance.startsWith('ingest') ? 41 : 57),
  nodejs_heap_size_used_bytes: ({ instance = '' }, { at }) =>
    drifting(70e6, `heap ${instance}`, at),
  nodejs_eventloop_lag_p99_seconds: ({ instance = '' }, { at }) =>
    drifting(0.0125, `loop ${instance}`, at),
};

/** The growth per second of the counters of Node's runtime. */
export const RUNTIME_GROWTH: Readonly<Record<string, (moment: Moment) => number>> = {
  process_cpu_seconds_total: (moment) => flowOf({}, moment).arriving / 850,
  nodejs_gc_duration_seconds_sum: (moment) => flowOf({}, moment).arriving / 30_000,
};

/** A series that Prometheus itself makes. */
interface Recorded {
  readonly name: string;
  readonly labels: LabelSet;
  readonly level: Level;
}

const LATE = {
  alertname: 'CapiFreshnessErrorBudgetBurnSlow',
  severity: 'warning',
  pixel: BLOCKED.pixel,
};
const isLate = ({ part }: Moment): boolean => part > BLOCKED.to + 0.1;

/** What rules make of a story, as far as dashboards ask for it: budgets, and the alert on late events. */
export const RECORDED: readonly Recorded[] = [
  ...Object.keys(STORY_PIXELS).flatMap((pixel) => [
    {
      name: 'pixel:capi_delivery_budget:left30d',
      labels: { pixel },
      level: (_: LabelSet, { part }: Moment) =>
        0.9 - 0.2 * chance(`delivery ${pixel}`) - 0.05 * part,
    },
    {
      name: 'pixel:capi_freshness_budget:left30d',
      labels: { pixel },
      level: (_: LabelSet, { part }: Moment) =>
        0.7 - 0.4 * chance(`freshness ${pixel}`) - 0.15 * part,
    },
  ]),
  {
    name: 'ALERTS',
    labels: { ...LATE, alertstate: 'firing' },
    level: (_, moment) => (isLate(moment) ? 1 : null),
  },
  {
    name: 'ALERTS_FOR_STATE',
    labels: LATE,
    level: (_, moment, started) => (isLate(moment) ? started : null),
  },
];
