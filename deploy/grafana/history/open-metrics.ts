import { SERVICE_METRICS } from '#docs/metrics.ts';
import type { Declaration } from '#process/metrics/declare.ts';
import type { LabelSet } from '#process/metrics/registry.ts';
import type { Metric } from '../dashboards/expressions.ts';
import { DISTRIBUTIONS, flowOf, GROWTH, meanOf, partUpTo } from './growth.ts';
import { LEVELS, type Level, RECORDED, RUNTIME, RUNTIME_GROWTH } from './levels.ts';
import { labelSets, type Process } from './processes.ts';
import type { Moment } from './story.ts';

/** The processes' uptime at the start of the story, in seconds. */
const UP_BEFORE = 3 * 86_400;

/** A story as one process reports it, with the labels that Prometheus adds to all of its series. */
interface Told {
  readonly moments: readonly Moment[];
  readonly process: Process;
  readonly step: number;
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
  if (only === undefined) yield* recordedOf(moments);
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

/** What Prometheus itself would have recorded of it. */
function* recordedOf(moments: readonly Moment[]): Generator<string> {
  for (const { name, labels, level } of RECORDED) {
    const since = moments.find((moment) => level(labels, moment, 0) !== null)?.at ?? 0;
    const values = moments.map((moment) => level(labels, moment, since));
    yield linesOf(name, labels, moments, values);
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
    yield seriesLines(name, labels, told, gaugeSamples(told, labels, LEVELS[key] ?? (() => 0)));
    return;
  }
  if (kind === 'counter') {
    const growth = GROWTH[key] ?? (() => 0);
    const grown = counterSamples(told, (moment) => growth(labels, moment));
    yield seriesLines(name, labels, told, grown);
    return;
  }
  const observing = DISTRIBUTIONS[key] ?? (() => ({ often: 0, median: 1, spread: 1 }));
  const grown = (weigh: (seen: ReturnType<typeof observing>) => number) =>
    counterSamples(told, (moment) => {
      const seen = observing(flowOf(labels, moment));
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
  const { moments, process } = told;
  const first = moments[0]?.at ?? 0;
  const released = moments.find(({ release }) => release === 1)?.at ?? first;
  const own = { ...labels, job: process.job, instance: process.instance };
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

/** A series of a process as lines of text, with the labels that Prometheus adds to it. */
function seriesLines(
  name: string,
  labels: LabelSet,
  { moments, process: { job, instance } }: Told,
  values: readonly (number | null)[],
): string {
  return linesOf(name, { ...labels, job, instance }, moments, values);
}

/** A series as lines of text. */
function linesOf(
  name: string,
  labels: LabelSet,
  moments: readonly Moment[],
  values: readonly (number | null)[],
): string {
  const all = Object.entries(labels);
  const series = `${name}{${all.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
  const lines = moments.map(({ at }, index) => `${series} ${values[index]} ${at}\n`);
  return lines.filter((_, index) => values[index] !== null).join('');
}
