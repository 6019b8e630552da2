import { METRICS } from '#docs/metrics.ts';
import type { Declaration } from '#process/metrics/declare.ts';

/** A declared metric by its name in the code: the type checker refuses what is not declared. */
export type Metric = keyof typeof METRICS;

type LabelOf<M extends Metric> = Extract<keyof (typeof METRICS)[M]['labels'], string>;

/** Values that a label must have: one, or any of several. */
export type Matching<M extends Metric> = {
  readonly [L in LabelOf<M>]?: string | readonly string[];
};

/** Labels that a result is grouped by: those of the metric, and those of the process it is from. */
export type GroupLabels<M extends Metric> = readonly (LabelOf<M> | 'job' | 'instance')[];

/** The choices at the top of every dashboard that narrow a metric down to processes. */
const CHOSEN_PROCESSES = 'job=~"$job",instance=~"$instance"';

/** Every series of a metric that is chosen at the top of the dashboard. */
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

/** Series of the runtime, which are not declared by us, such as `process_cpu_seconds_total`. */
export function runtimeSeries(name: string): string {
  return `${name}{${CHOSEN_PROCESSES}}`;
}

/** How much a counter grows a second, summed over processes. */
export function rate<M extends Metric>(
  metric: M,
  by: GroupLabels<M> = [],
  matching: Matching<M> = {},
): string {
  return `sum${clause(by)}(rate(${series(metric, matching)}[$__rate_interval]))`;
}

/**
 * How much a counter grows a second by one label, for those of its values that occurred at all in
 * the time shown; "none" where none did. Keeps legends to what there is to see.
 */
export function occurring<M extends Metric>(metric: M, by: LabelOf<M>): string {
  const inAll = `sum by (${by}) (increase(${series(metric)}[$__range] @ end())) > 0`;
  const none = `(${nothing(by)} unless on () (${inAll}))`;
  return `(${rate(metric, [by])} and on (${by}) (${inAll})) or on () ${none}`;
}

/** What there is by a label, or a 0 that is called "none". */
export function orNone(label: string, expression: string): string {
  return `${expression} or on () ${nothing(label)}`;
}

function nothing(label: string): string {
  return `label_replace(vector(0), "${label}", "none", "", "")`;
}

/** By how much a counter grew in the time that the dashboard shows, summed over processes. */
export function totalIncrease<M extends Metric>(
  metric: M,
  by: GroupLabels<M> = [],
  matching: Matching<M> = {},
): string {
  return `sum${clause(by)}(increase(${series(metric, matching)}[$__range]))`;
}

/** A gauge of the whole fleet, which one process serves at a time. */
export function ofFleet<M extends Metric>(
  metric: M,
  by: GroupLabels<M> = [],
  matching: Matching<M> = {},
): string {
  return `max${clause(by)}(${series(metric, matching)})`;
}

/** A gauge that each process reports for itself, summed. */
export function sumOfProcesses<M extends Metric>(
  metric: M,
  by: GroupLabels<M> = [],
  matching: Matching<M> = {},
): string {
  return `sum${clause(by)}(${series(metric, matching)})`;
}

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
 * The share of a histogram's observations up to an edge, in the time that is shown. Prometheus 2
 * stores the edge 300 as "300", Prometheus 3 as "300.0".
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

/** What there is, or 0 where there is no series at all: good news that must not look like no news. */
export function orZero(expression: string): string {
  return `${expression} or vector(0)`;
}

function clause(by: readonly string[]): string {
  return by.length === 0 ? '' : ` by (${by.join(', ')}) `;
}
