import { type Declaration, METRICS } from '#process/metrics/declarations.ts';
import type { Metric } from '../dashboards/expressions.ts';
import { DISTRIBUTIONS, meanOf, partUpTo } from './distributions.ts';
import { GROWTH } from './growth.ts';
import { type LabelSet, labelSets } from './labels.ts';
import { LEVELS, RUNTIME, RUNTIME_GROWTH } from './levels.ts';
import type { Process } from './processes.ts';
import { counter, gauge, ownLabels, seriesLines, type Told } from './series.ts';
import type { Moment } from './story.ts';

/**
 * What all processes of a fleet served in the time of a story, in the text form of OpenMetrics.
 *
 * @param only the metrics that are told; all of them, and those of Node, when left out
 */
export function* openMetrics(
  moments: readonly Moment[],
  fleet: readonly Process[],
  step: number,
  only?: readonly Metric[],
): Generator<string> {
  for (const process of fleet) {
    yield* ofProcess({ moments, process, step }, only);
    if (only === undefined) yield* ofRuntime({ moments, process, step });
  }
  yield '# EOF\n';
}

function* ofProcess(told: Told, only?: readonly Metric[]): Generator<string> {
  for (const [key, declared] of Object.entries<Declaration>(METRICS)) {
    if (!declared.services.includes(told.process.service)) continue;
    if (only?.includes(key as Metric) === false) continue;
    for (const labels of labelSets(declared, told.process)) {
      yield* ofMetric(key as Metric, declared, labels, told);
    }
  }
}

function* ofRuntime(told: Told): Generator<string> {
  for (const [name, level] of Object.entries(RUNTIME)) {
    yield seriesLines(name, {}, told, gauge(told, ownLabels(told), level));
  }
  for (const [name, growth] of Object.entries(RUNTIME_GROWTH)) {
    yield seriesLines(name, {}, told, counter(told, growth));
  }
}

function* ofMetric(
  key: Metric,
  { name, kind, buckets = [] }: Declaration,
  labels: LabelSet,
  told: Told,
): Generator<string> {
  if (kind === 'gauge') {
    return yield seriesLines(
      name,
      labels,
      told,
      gauge(told, { ...labels, ...ownLabels(told) }, LEVELS[key] ?? (() => 0)),
    );
  }
  if (kind === 'counter') {
    const growth = GROWTH[key] ?? (() => 0);
    return yield seriesLines(
      name,
      labels,
      told,
      counter(told, (moment) => growth(labels, moment)),
    );
  }
  const observing = DISTRIBUTIONS[key] ?? (() => ({ often: 0, median: 1, spread: 1 }));
  const at = (weigh: (seen: ReturnType<typeof observing>) => number) =>
    counter(told, (moment) => {
      const seen = observing(labels, moment);
      return seen.often * weigh(seen);
    });
  for (const edge of buckets) {
    const upTo = at((seen) => partUpTo(edge, seen));
    yield seriesLines(`${name}_bucket`, { ...labels, le: String(edge) }, told, upTo);
  }
  yield seriesLines(
    `${name}_bucket`,
    { ...labels, le: '+Inf' },
    told,
    at(() => 1),
  );
  yield seriesLines(
    `${name}_count`,
    labels,
    told,
    at(() => 1),
  );
  yield seriesLines(`${name}_sum`, labels, told, at(meanOf));
}
