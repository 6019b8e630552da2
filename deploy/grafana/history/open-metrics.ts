import { type Declaration, METRICS } from '#runtime/metrics/declarations.ts';
import type { Metric } from '../dashboards/expressions.ts';
import { DISTRIBUTIONS, meanOf, partUpTo } from './distributions.ts';
import { GROWTH } from './growth.ts';
import { type LabelSet, labelSets } from './labels.ts';
import { LEVELS, RUNTIME, RUNTIME_GROWTH } from './levels.ts';
import type { Process } from './processes.ts';
import type { Moment } from './story.ts';

/** Days that the processes had been up when the story begins, in seconds. */
const UP_BEFORE = 3 * 86_400;

interface Told {
  readonly moments: readonly Moment[];
  readonly process: Process;
  readonly step: number;
}

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
    yield lines(name, {}, told, gauge(told, ownLabels(told), level));
  }
  for (const [name, growth] of Object.entries(RUNTIME_GROWTH)) {
    yield lines(name, {}, told, counter(told, growth));
  }
}

function* ofMetric(
  key: Metric,
  { name, kind, buckets = [] }: Declaration,
  labels: LabelSet,
  told: Told,
): Generator<string> {
  if (kind === 'gauge') {
    return yield lines(name, labels, told, gauge(told, labels, LEVELS[key] ?? (() => 0)));
  }
  if (kind === 'counter') {
    const growth = GROWTH[key] ?? (() => 0);
    return yield lines(
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
    yield lines(`${name}_bucket`, { ...labels, le: String(edge) }, told, upTo);
  }
  yield lines(
    `${name}_bucket`,
    { ...labels, le: '+Inf' },
    told,
    at(() => 1),
  );
  yield lines(
    `${name}_count`,
    labels,
    told,
    at(() => 1),
  );
  yield lines(`${name}_sum`, labels, told, at(meanOf));
}

function ownLabels({ process: { job, instance } }: Told): LabelSet {
  return { job, instance };
}

/** When the process that serves at a moment was started: before the story, or at the release. */
function startOf({ moments }: Told, moment: Moment): number {
  const first = moments[0]?.at ?? 0;
  if (moment.release === 0) return first - UP_BEFORE;
  return moments.find(({ release }) => release === 1)?.at ?? first;
}

function gauge(
  told: Told,
  labels: LabelSet,
  level: (labels: LabelSet, moment: Moment, started: number) => number | null,
): (number | null)[] {
  const starts = [0, 1].map((release) => {
    const moment = told.moments.find((each) => each.release === release);
    return moment === undefined ? 0 : startOf(told, moment);
  });
  return told.moments.map((moment) => level(labels, moment, starts[moment.release] ?? 0));
}

/** A counter begins anew when its process does. */
function counter(told: Told, growth: (moment: Moment) => number): number[] {
  let total = 0;
  let release: Moment['release'] = 0;
  return told.moments.map((moment) => {
    if (moment.release !== release) total = 0;
    release = moment.release;
    total += growth(moment) * told.process.share * told.step;
    return total;
  });
}

function lines(
  name: string,
  labels: LabelSet,
  told: Told,
  values: readonly (number | null)[],
): string {
  const all = Object.entries({ ...labels, ...ownLabels(told) });
  const series = `${name}{${all.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
  let text = '';
  values.forEach((value, index) => {
    if (value !== null) text += `${series} ${value} ${told.moments[index]?.at ?? 0}\n`;
  });
  return text;
}
