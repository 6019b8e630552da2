/** Pairs without which nothing is judged: with three, chance alone decides once in eleven. */
export const FEWEST_PAIRS = 4;

/** Values from which on the one farthest from the median is left out of the spread: one disturbed round. */
const OUTLIER_FROM = 7;

export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  /** Between the lowest and the highest, as a share of the median; null for a single value. */
  readonly spread: number | null;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [below, above] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (below === undefined || above === undefined) throw new Error('no value has no median');
  return (below + above) / 2;
}

/** Between the lowest and the highest; from seven values on without the one farthest from the median. */
export function range(values: readonly number[]): number {
  const middle = median(values);
  const byDistance = values.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
  const kept = values.length < OUTLIER_FROM ? byDistance : byDistance.slice(0, -1);
  return Math.max(...kept) - Math.min(...kept);
}

export function summary(values: readonly number[]): Summary {
  const middle = median(values);
  const several = values.length > 1 && middle !== 0;
  return {
    median: middle,
    lowest: Math.min(...values),
    highest: Math.max(...values),
    spread: several ? range(values) / Math.abs(middle) : null,
  };
}

/** What the base and the changed code measured in the same round. */
export interface Pair {
  readonly base: number;
  readonly now: number;
}

export type Verdict = 'better' | 'worse' | 'same' | 'cannot tell';

export interface Judgement {
  readonly verdict: Verdict;
  /** Why nothing can be told; null where something can. */
  readonly reason: string | null;
  /** Median of the pairs' differences, as a share of the base: negative is lower. */
  readonly difference: number;
  /** Of those differences; null for a single pair. */
  readonly spread: number | null;
}

/**
 * Judges by the differences within pairs, because a round in which the machine was busy slows both.
 * A difference counts when it is larger than the spread of the differences: chance alone does that once
 * in fifty with four pairs, and less often with more.
 */
export function judge(pairs: readonly Pair[], better: 'lower' | 'higher'): Judgement {
  const differences = pairs.map(({ base, now }) => (now - base) / base);
  if (!differences.every(Number.isFinite)) throw new Error('a base of 0 compares with nothing');
  const difference = median(differences);
  const spread = differences.length > 1 ? range(differences) : null;
  const found = { difference, spread };
  if (spread === null || pairs.length < FEWEST_PAIRS) {
    const reason = `${pairs.length} of at least ${FEWEST_PAIRS} rounds`;
    return { ...found, verdict: 'cannot tell', reason };
  }
  if (spread === 0 && difference === 0) return { ...found, verdict: 'same', reason: null };
  if (spread >= Math.abs(difference)) {
    const reason = `spread ${percent(spread)}, difference ${percent(Math.abs(difference))}`;
    return { ...found, verdict: 'cannot tell', reason };
  }
  const lower = difference < 0;
  return { ...found, verdict: lower === (better === 'lower') ? 'better' : 'worse', reason: null };
}

/** `6 %`; with a decimal below ten, where it matters: `2.3 %`. */
export function percent(share: number): string {
  const value = share * 100;
  const text = value.toFixed(Math.abs(value) < 9.95 ? 1 : 0).replace(/\.0$/, '');
  return `${text === '-0' ? '0' : text} %`;
}
