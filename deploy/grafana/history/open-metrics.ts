import { SERVICE_METRICS } from '#docs/metrics.ts';
import type { Declaration } from '#process/metrics/declare.ts';
import type { Metric } from '../dashboards/expressions.ts';
import { DISTRIBUTIONS, GROWTH, meanOf, partUpTo } from './growth.ts';
import { LEVELS, type Level, RUNTIME, RUNTIME_GROWTH } from './levels.ts';
import { type LabelSet, labelSets, type Process } from './processes.ts';
import type { Moment } from './story.ts';

/** The processes' uptime at the start of the story, in seconds. */
const UP_BEFORE = 3 * 86_400;

/** A story as one process reports it. */
interface Told {
  readonly moments: readonly Moment[];
  readonly process: Process;
  readonly step: number;
}

/** The labels that Prometheus adds to all series of a process. */
function processLabels({ process: { job, instance } }: Told): LabelSet {
  return { job, instance };
}

/**
 * The metrics that all processes of a fleet served during a story, in OpenMetrics text format.
 * @param only the metrics to write; by default all of them, and those of Node's runtime
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
  const declarations = SERVICE_METRICS[told.process.service];
  for (const [key, declared] of Object.entries<Declaration>(declarations)) {
    if (only?.includes(key as Metric) === false) continue;
    for (const labels of labelSets(declared, told.process)) {
      yield* ofMetric(key as Metric, declared, labels, told);
    }
  }
}

function* ofRuntime(told: Told): Generator<string> {
  for (const [name, level] of Object.entries(RUNTIME)) {
    yield seriesLines(name, {}, told, gaugeSamples(told, {}, level));
  }
  for (const [name, growth] of Object.entries(RUNTIME_GROWTH)) {
    yield seriesLines(name, {}, told, counterSamples(told, growth));
  }
}

function* ofMetric(
  key: Metric,
  declaration: Declaration,
  labels: LabelSet,
  told: Told,
): Generator<string> {
  const { name, kind, buckets = [] } = declaration;
  if (kind === 'gauge') {
    const level = LEVELS[key] ?? (() => 0);
    yield seriesLines(name, labels, told, gaugeSamples(told, labels, level));
  } else if (kind === 'counter') {
    const growth = GROWTH[key] ?? (() => 0);
    const grown = counterSamples(told, (moment) => growth(labels, moment));
    yield seriesLines(name, labels, told, grown);
  } else {
    yield* ofHistogram({ name, buckets, observing: DISTRIBUTIONS[key] }, labels, told);
  }
}

interface Histogram {
  readonly name: string;
  readonly buckets: readonly number[];
  readonly observing: (typeof DISTRIBUTIONS)[Metric];
}

function* ofHistogram(histogram: Histogram, labels: LabelSet, told: Told): Generator<string> {
  const { name, buckets, observing = () => ({ often: 0, median: 1, spread: 1 }) } = histogram;
  const grown = (weigh: (seen: ReturnType<typeof observing>) => number) =>
    counterSamples(told, (moment) => {
      const seen = observing(labels, moment);
      return seen.often * weigh(seen);
    });
  const all = grown(() => 1);
  for (const edge of buckets) {
    const upTo = grown((seen) => partUpTo(edge, seen));
    yield seriesLines(`${name}_bucket`, { ...labels, le: String(edge) }, told, upTo);
  }
  yield seriesLines(`${name}_bucket`, { ...labels, le: '+Inf' }, told, all);
  yield seriesLines(`${name}_count`, labels, told, all);
  yield seriesLines(`${name}_sum`, labels, told, grown(meanOf));
}

/** The value of a gauge at each moment; null where the series does not exist. */
function gaugeSamples(told: Told, labels: LabelSet, level: Level): (number | null)[] {
  const { moments } = told;
  const first = moments[0]?.at ?? 0;
  const released = moments.find(({ release }) => release === 1)?.at ?? first;
  const own = { ...labels, ...processLabels(told) };
  return moments.map((moment) =>
    level(own, moment, moment.release === 0 ? first - UP_BEFORE : released),
  );
}

/** The value of a counter at each moment; it restarts at 0 with its process. */
function counterSamples(told: Told, growth: (moment: Moment) => number): number[] {
  let total = 0;
  let release: Moment['release'] = 0;
  return told.moments.map((moment) => {
    if (moment.release !== release) total = 0;
    release = moment.release;
    total += growth(moment) * told.process.share * told.step;
    return total;
  });
}

/** A series as lines of text. */
function seriesLines(
  name: string,
  labels: LabelSet,
  told: Told,
  values: readonly (number | null)[],
): string {
  const all = Object.entries({ ...labels, ...processLabels(told) });
  const series = `${name}{${all.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
  let text = '';
  values.forEach((value, index) => {
    if (value !== null) text += `${series} ${value} ${told.moments[index]?.at ?? 0}\n`;
  });
  return text;
}
