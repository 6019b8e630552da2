import { type DeadLetterStage, REASONS_BY_STAGE } from '#core/dead-letter/dead-letter.ts';
import type { LabelSet } from '#process/metrics/registry.ts';
import type { Metric } from '../dashboards/expressions.ts';
import { type Flow, type Moment, UNKNOWN_PIXEL } from './story.ts';
import * as weights from './weights.ts';

/** The growth of a counter of the whole fleet per second at a moment. */
type Growth = (labels: LabelSet, moment: Moment) => number;

const IDLE: Flow = { arriving: 0, delivered: 0, queued: 0, waiting: 0, lane: 'active', trouble: 0 };
const BYTES_OF_MESSAGE = 1450;
const ENVELOPE = 140;
const BATCH = 190;
const LOST_TO_NO_PIXEL = 0.02;

/** The flow of the pixel in the labels, or the sum of all pixels. */
export function flowOf({ pixel }: LabelSet, { flows }: Moment): Flow {
  if (pixel !== undefined) return flows.get(pixel) ?? IDLE;
  const all = (of: 'arriving' | 'delivered' | 'queued') =>
    sum([...flows.values()].map((flow) => flow[of]));
  return { ...IDLE, arriving: all('arriving'), delivered: all('delivered'), queued: all('queued') };
}

/** Growth in proportion to arriving events, weighted by a label's value. */
function arrivingBy(label: string, table: Readonly<Record<string, number>>): Growth {
  return (labels, moment) => flowOf(labels, moment).arriving * (table[labels[label] ?? ''] ?? 0);
}

function deliveredBy(label: string, table: Readonly<Record<string, number>>, per = 1): Growth {
  return (labels, moment) =>
    (flowOf(labels, moment).delivered / per) * (table[labels[label] ?? ''] ?? 0);
}

function sum(shares: readonly number[]): number {
  return shares.reduce((total, share) => total + share, 0);
}

const filtered = sum(Object.values(weights.FILTERED));
const dead = sum(Object.values(weights.DEAD));
const DEAD_AT_WORKER = sum(REASONS_BY_STAGE.worker.map((reason) => weights.DEAD[reason] ?? 0));

const events: Growth = (labels, moment) => {
  if (labels['pixel'] === UNKNOWN_PIXEL)
    return labels['outcome'] === 'filtered' ? LOST_TO_NO_PIXEL : 0.001;
  const { arriving } = flowOf(labels, moment);
  const shares = { enqueued: 1, filtered, dead };
  return arriving * (shares[labels['outcome'] as keyof typeof shares] ?? 0);
};

const deadLetters: Growth = (labels, moment) => {
  const ofStage: readonly string[] = REASONS_BY_STAGE[labels['stage'] as DeadLetterStage];
  if (!ofStage.includes(labels['reason'] ?? '')) return 0;
  if (labels['pixel'] === UNKNOWN_PIXEL) return labels['reason'] === 'invalid_event' ? 0.001 : 0;
  return flowOf(labels, moment).arriving * (weights.DEAD[labels['reason'] ?? ''] ?? 0);
};

const workerEvents: Growth = (labels, moment) => {
  const { delivered, trouble } = flowOf(labels, moment);
  const shares = { delivered: 1, retried: trouble, dead: DEAD_AT_WORKER };
  return delivered * (shares[labels['outcome'] as keyof typeof shares] ?? 0);
};

/** Requests per second with a code: a status, or the reason for none. */
function requests(flow: Flow, code: string): number {
  const all = Math.max(flow.delivered, flow.lane === 'active' ? 0 : flow.arriving * 0.05) / BATCH;
  if (flow.lane !== 'active') {
    const held = flow.lane === 'throttled' ? '429' : '401';
    return code === held ? 0.02 : code === '200' ? flow.delivered / BATCH : 0;
  }
  if (code === '200') return all * (1 - flow.trouble);
  if (code === '400') return all * 0.004;
  return all * flow.trouble * (weights.TROUBLE[code] ?? 0);
}

const outcomes: Growth = (labels, moment) => {
  const flow = flowOf(labels, moment);
  const codes = { delivered: ['200'], throttled: ['429'], blocked: ['401'], rejected: ['400'] };
  const retried = Object.keys(weights.TROUBLE);
  const of = codes[labels['outcome'] as keyof typeof codes] ?? retried;
  return sum(of.map((code) => requests(flow, code)));
};

/** Every counter that the story changes; the others stay at 0. */
export const GROWTH: Partial<Record<Metric, Growth>> = {
  eventLoopActive: (_, moment) => flowOf({}, moment).arriving / 900,
  ingestMessages: (_, moment) => flowOf({}, moment).arriving * (1 + filtered),
  ingestBytes: (_, moment) => flowOf({}, moment).arriving * BYTES_OF_MESSAGE,
  ingestEvents: events,
  ingestFiltered: (labels, moment) =>
    labels['reason'] === 'no_pixel'
      ? labels['pixel'] === UNKNOWN_PIXEL
        ? LOST_TO_NO_PIXEL
        : 0
      : arrivingBy('reason', weights.FILTERED)(labels, moment),
  ingestWarnings: arrivingBy('code', weights.WARNED),
  matchKeys: (labels, moment) =>
    arrivingBy('key', moment.week === 'this' ? weights.MATCHED : weights.MATCHED_BEFORE)(
      labels,
      moment,
    ),
  normalisationFailures: arrivingBy('key', weights.NOT_NORMALISED),
  ingestEnvelopes: (labels, moment) =>
    arrivingBy('trigger', weights.ENVELOPES)(labels, moment) / ENVELOPE,
  workerBatches: deliveredBy('trigger', weights.BATCHES, BATCH),
  workerRequests: (labels, moment) => requests(flowOf(labels, moment), labels['code'] ?? ''),
  workerOutcomes: outcomes,
  workerEvents,
  deliveredEvents: deliveredBy('event_name', weights.NAME_WEIGHTS),
  deliveries: (labels, moment) => {
    const { delivered, waiting } = flowOf(labels, moment);
    return (labels['age'] === 'late') === waiting > 300 ? delivered : 0;
  },
  workerUnknown: (labels, moment) =>
    flowOf(labels, moment).delivered * flowOf(labels, moment).trouble * 0.2,
  workerAnswerWarnings: (labels, moment) => flowOf(labels, moment).delivered / 40_000,
  deadLetters,
  deadLettersPublished: ({ event }, moment) =>
    event === 'sealed' ? flowOf({}, moment).arriving * dead : 0,
  laneHalts: (labels, moment) => (flowOf(labels, moment).lane === labels['state'] ? 0.004 : 0),
  controlRequests: ({ code }) => (code === '2xx' ? 15 : code === '4xx' ? 0.1 : 0),
};

/** The observations of a histogram of the whole fleet in a second: count, median and spread. */
interface Distribution {
  readonly often: number;
  readonly median: number;
  /** Standard deviation of the logarithm. */
  readonly spread: number;
}

/** Every histogram, by the flow that it observes. */
export const DISTRIBUTIONS: Partial<Record<Metric, (flow: Flow) => Distribution>> = {
  ingestEnvelopeEvents: ({ arriving }) => ({
    often: arriving / ENVELOPE,
    median: 90 + arriving / 4,
    spread: 0.35,
  }),
  ingestWriteDuration: () => ({ often: 14, median: 0.0042, spread: 0.55 }),
  workerBatchEvents: ({ delivered }) => ({
    often: delivered / BATCH,
    median: 110 + delivered / 1.6,
    spread: 0.4,
  }),
  workerRequestDuration: ({ delivered, trouble }) => ({
    often: delivered / BATCH,
    median: trouble > 0.1 ? 0.9 : 0.21,
    spread: 0.45,
  }),
  deliveryAge: ({ delivered, waiting }) => ({
    often: delivered,
    median: waiting < 1 ? 0.42 : waiting,
    spread: waiting < 1 ? 0.5 : 0.25,
  }),
  eventTimeAge: ({ delivered, waiting }) => ({
    often: delivered,
    median: 95 + waiting,
    spread: 1.1,
  }),
};

/** The share of the observations up to a bucket's bound. */
export function partUpTo(edge: number, { median, spread }: Distribution): number {
  const z = (Math.log(edge) - Math.log(median)) / spread;
  // A logistic curve approximates the normal one to within 1 %.
  return 1 / (1 + Math.exp(-1.702 * z));
}

/** The mean of the observations. */
export function meanOf({ median, spread }: Distribution): number {
  return median * Math.exp(spread ** 2 / 2);
}
