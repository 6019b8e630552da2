import { METRICS } from '#docs/metrics.ts';
import type { Declaration } from '#process/metrics/declare.ts';

/** The name of a declared metric in the code; the type checker rejects others. */
export type Metric = keyof typeof METRICS;

type LabelOf<M extends Metric> = Extract<keyof (typeof METRICS)[M]['labels'], string>;

/** Values that a label must have: one, or any of several. */
type Matching<M extends Metric> = {
  readonly [L in LabelOf<M>]?: string | readonly string[];
};

/** Labels that a result is grouped by: those of the metric and of its process. */
type GroupLabels<M extends Metric> = readonly (LabelOf<M> | 'job' | 'instance')[];

/** A query over series of a metric, by labels. */
type Aggregation = <M extends Metric>(
  metric: M,
  by?: GroupLabels<M>,
  matching?: Matching<M>,
) => string;

/** The variables of every dashboard that select processes. */
const CHOSEN_PROCESSES = 'job=~"$job",instance=~"$instance"';

/** Every series of a metric that the variables of the dashboard select. */
export function series<M extends Metric>(
  metric: M,
  matching: Matching<M> = {},
  suffix = '',
): string {
  const { name, labels }: Declaration = METRICS[metric];
  const chosen = 'pixel' in labels ? `${CHOSEN_PROCESSES},pixel=~"$pixel"` : CHOSEN_PROCESSES;
  const matchers = Object.entries<string | readonly string[] | undefined>(matching).map(
    ([label, value = '']) =>
      typeof value === 'string' ? `${label}="${value}"` : `${label}=~"${value.join('|')}"`,
  );
  return `${name}${suffix}{${[chosen, ...matchers].join(',')}}`;
}

/** A series by pixel that a recording rule makes of all processes. */
export function recorded(name: `pixel:${string}`): string {
  return `${name}{pixel=~"$pixel"}`;
}

/** Series of Node's runtime, which are not declared here, such as `process_cpu_seconds_total`. */
export function runtimeSeries(name: string): string {
  return `${name}{${CHOSEN_PROCESSES}}`;
}

function aggregation(operator: 'sum' | 'max' | 'min', of = (all: string) => all): Aggregation {
  return (metric, by = [], matching = {}) =>
    `${operator}${clause(by)}(${of(series(metric, matching))})`;
}

/** The growth of a counter per second, summed over processes. */
export const rate = aggregation('sum', (all) => `rate(${all}[$__rate_interval])`);

/**
 * The growth of a counter per second by one label, for values that occur in the time range; "none"
 * if none does, and nothing where it has no series. Keeps legends short.
 */
export function occurring<M extends Metric>(metric: M, by: LabelOf<M>): string {
  const inAll = `sum by (${by}) (increase(${series(metric)}[$__range] @ end())) > 0`;
  const none = `(${noneOf(by, rate(metric))} unless on () (${inAll}))`;
  return `(${rate(metric, [by])} and on (${by}) (${inAll})) or on () ${none}`;
}

/** The series by a label, or a 0 named "none" if there are none. */
export function orNone(label: string, expression: string): string {
  return `${expression} or on () label_replace(vector(0), "${label}", "none", "", "")`;
}

/** A 0 named "none" if there is a sum, which needs series. */
export function noneOf(label: string, sum: string): string {
  return `label_replace(0 * ${sum}, "${label}", "none", "", "")`;
}

/** The growth of a counter in the dashboard's time range, summed over processes. */
export const totalIncrease = aggregation('sum', (all) => `increase(${all}[$__range])`);

/** The share of the events that workers finished in the time range that Meta accepted. */
export function deliveredShare(by: GroupLabels<'workerEvents'> = []): string {
  const finished = totalIncrease('workerEvents', by, { outcome: ['delivered', 'dead'] });
  return `${totalIncrease('workerEvents', by, { outcome: 'delivered' })} / ${finished}`;
}

/** What there is of each pixel, with its name where control serves one. */
export function withName(ofPixels: string): string {
  const names = `max by (pixel, name) (${series('pixelInfo')})`;
  return `${ofPixels} * on (pixel) group_left (name) ${names} or ${ofPixels} unless on (pixel) ${names}`;
}

/** The share of the deliveries in the time range that came within five minutes. */
export function freshShare(by: GroupLabels<'deliveries'> = []): string {
  return `${totalIncrease('deliveries', by, { age: 'in_time' })} / ${totalIncrease('deliveries', by)}`;
}

/** A gauge of the whole fleet, served by one process at a time. */
export const ofFleet = aggregation('max');

/** The lowest value of a gauge of the whole fleet. */
export const lowest = aggregation('min');

/** A gauge that each process reports for itself, summed. */
export const sumOfProcesses = aggregation('sum');

/** A quantile of a histogram, over all chosen processes. */
export function quantile<M extends Metric>(q: number, metric: M, by: GroupLabels<M> = []): string {
  const buckets = `sum by (${['le', ...by].join(', ')}) (rate(${series(metric, {}, '_bucket')}[$__rate_interval]))`;
  return `histogram_quantile(${q}, ${buckets})`;
}

/** Quantiles of a histogram over all chosen processes, by name, such as `p99`. */
export function quantiles(metric: Metric, ...qs: readonly number[]): Record<string, string> {
  return Object.fromEntries(qs.map((q) => [`p${q * 100}`, quantile(q, metric)]));
}

/** The mean of a histogram. */
export function mean<M extends Metric>(metric: M, by: GroupLabels<M> = []): string {
  const of = (suffix: string) =>
    `sum${clause(by)}(rate(${series(metric, {}, suffix)}[$__rate_interval]))`;
  return `${of('_sum')} / ${of('_count')}`;
}

/**
 * The share of a histogram's observations up to a bucket's bound in a window. Prometheus 2 stores
 * the bound 300 as "300", Prometheus 3 as "300.0".
 */
export function shareUpTo<M extends Metric>(
  edge: number,
  metric: M,
  window: '$__range' | '$__rate_interval',
  by: GroupLabels<M> = [],
): string {
  const { name } = METRICS[metric];
  const chosen = series(metric).slice(name.length + 1, -1);
  const le = Number.isInteger(edge) ? `${edge}(\\\\.0)?` : String(edge).replace('.', '\\\\.');
  const upTo = `sum${clause(by)}(rate(${name}_bucket{${chosen},le=~"${le}"}[${window}]))`;
  return `${upTo} / sum${clause(by)}(rate(${name}_count{${chosen}}[${window}]))`;
}

/** The value, or 0 if there is no series: good news must not look like missing data. */
export function orZero(expression: string): string {
  return `${expression} or vector(0)`;
}

function clause(by: readonly string[]): string {
  return by.length === 0 ? '' : ` by (${by.join(', ')}) `;
}
