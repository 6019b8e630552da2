import type { Metric } from '../dashboards/expressions.ts';
import { flowOf } from './growth.ts';
import type { LabelSet } from './labels.ts';
import type { Moment } from './story.ts';

/** What a histogram of the whole fleet observes in a second: how often, around what, how widely. */
export interface Distribution {
  readonly often: number;
  readonly median: number;
  /** Standard deviation of the logarithm. */
  readonly spread: number;
}

type Observing = (labels: LabelSet, moment: Moment) => Distribution;

/** Every histogram. */
export const DISTRIBUTIONS: Partial<Record<Metric, Observing>> = {
  ingestEnvelopeEvents: (labels, moment) => {
    const { arriving } = flowOf(labels, moment);
    return { often: arriving / 140, median: 90 + arriving / 4, spread: 0.35 };
  },
  ingestWriteDuration: () => ({ often: 14, median: 0.0042, spread: 0.55 }),
  workerBatchEvents: (labels, moment) => {
    const { delivered } = flowOf(labels, moment);
    return { often: delivered / 190, median: 110 + delivered / 1.6, spread: 0.4 };
  },
  workerRequestDuration: (labels, moment) => {
    const { delivered, trouble } = flowOf(labels, moment);
    return { often: delivered / 190, median: trouble > 0.1 ? 0.9 : 0.21, spread: 0.45 };
  },
  deliveryAge: (labels, moment) => {
    const { delivered, waiting } = flowOf(labels, moment);
    return {
      often: delivered,
      median: waiting < 1 ? 0.42 : waiting,
      spread: waiting < 1 ? 0.5 : 0.25,
    };
  },
  eventTimeAge: (labels, moment) => {
    const { delivered, waiting } = flowOf(labels, moment);
    return { often: delivered, median: 95 + waiting, spread: 1.1 };
  },
};

/** The part of the observations that is at most an edge. */
export function partUpTo(edge: number, { median, spread }: Distribution): number {
  const z = (Math.log(edge) - Math.log(median)) / spread;
  // A logistic curve in place of the normal one: they differ by less than one in a hundred.
  return 1 / (1 + Math.exp(-1.702 * z));
}

/** What the observations add up to on average. */
export function meanOf({ median, spread }: Distribution): number {
  return median * Math.exp(spread ** 2 / 2);
}
