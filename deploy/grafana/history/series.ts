import type { LabelSet } from './labels.ts';
import type { Process } from './processes.ts';
import type { Moment } from './story.ts';

/** Days that the processes had been up when the story begins, in seconds. */
const UP_BEFORE = 3 * 86_400;

/** A story as one process tells it. */
export interface Told {
  readonly moments: readonly Moment[];
  readonly process: Process;
  readonly step: number;
}

/** The labels that Prometheus gives to all series of a process. */
export function processLabels({ process: { job, instance } }: Told): LabelSet {
  return { job, instance };
}

/** When the process that serves at a moment was started: before the story, or at the release. */
function startOf({ moments }: Told, moment: Moment): number {
  const first = moments[0]?.at ?? 0;
  if (moment.release === 0) return first - UP_BEFORE;
  return moments.find(({ release }) => release === 1)?.at ?? first;
}

/** What a gauge shows in each moment; null where the series is not there. */
export function gaugeSamples(
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

/** What a counter shows in each moment; it restarts from 0 with its process. */
export function counterSamples(told: Told, growth: (moment: Moment) => number): number[] {
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
export function seriesLines(
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
