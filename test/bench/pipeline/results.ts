import { MEASURE_NAMES, MEASURES, type Measure, type Variant, valuesOf } from './measures.ts';
import { type Judgement, judge, type Pair, type Summary, summary } from './statistics.ts';

/** Everything that was measured. */
export interface Results {
  readonly events: number;
  /** Of a message, on average. */
  readonly bytes: number;
  /** The floor while nothing else ran, µs of CPU an event. */
  readonly aloneUs: number;
  /** Events a second at which the age was measured. */
  readonly ageRate: number;
  readonly now: Variant;
  readonly base: Variant | null;
}

type ByMeasure<T> = Readonly<Partial<Record<Measure, T>>>;

export function summariesOf(variant: Variant): ByMeasure<Summary> {
  return byMeasure((measure) => {
    const values = valuesOf(variant, measure);
    return values.length === 0 ? null : summary(values);
  });
}

/** What became of each measure that both have in every round, except of the floor. */
export function comparisonOf(base: Variant, now: Variant): ByMeasure<Judgement> {
  return byMeasure((measure) => {
    const { better } = MEASURES[measure];
    if (better === 'neither') return null;
    const pairs = base.rounds.map((round, at) => pairOf(round[measure], now.rounds[at]?.[measure]));
    const whole = pairs.flatMap((pair) => pair ?? []);
    const comparable = whole.length === pairs.length && whole.every((pair) => pair.base !== 0);
    return comparable && whole.length > 0 ? judge(whole, better) : null;
  });
}

function pairOf(base: number | undefined, now: number | undefined): Pair | null {
  return base === undefined || now === undefined ? null : { base, now };
}

function byMeasure<T>(of: (measure: Measure) => T | null): ByMeasure<T> {
  const found = MEASURE_NAMES.map((measure) => [measure, of(measure)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== null)) as ByMeasure<T>;
}

/** The results for programs; `machine` says where they come from. */
export function toJson(results: Results, machine: Readonly<Record<string, unknown>>): string {
  const { now, base, ...facts } = results;
  const whole = {
    version: 1,
    ...machine,
    ...facts,
    units: byMeasure((measure) => MEASURES[measure].unit),
    now: { ...now, summaries: summariesOf(now) },
    base: base === null ? null : { ...base, summaries: summariesOf(base) },
    comparison: base === null ? null : comparisonOf(base, now),
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
