import { formatCount, plural } from '#core/text/format.ts';
import { DECISIVE, MEASURE_NAMES, MEASURES, type Measure, type Variant } from './measures.ts';
import { comparisonOf, type Results, summariesOf } from './results.ts';
import { type Judgement, percent, type Summary } from './statistics.ts';

/** What was measured, for people. */
export function report(results: Results): string {
  const { events, bytes, aloneUs, ageRate, now, base } = results;
  const { length } = now.rounds;
  const versions = [
    ...(base === null ? [] : [`base  ${about(base)}`]),
    `${base === null ? 'measured' : 'now '}  ${about(now)}`,
  ];
  return `
${formatCount(events)} Track events of ${formatCount(bytes)} bytes, three pixels, over the loopback interface; ${plural(length, 'round')}
${versions.join('\n')}

CPU is an event's. The floor (parse, 8 hashes, stringify) is ${aloneUs.toFixed(1)} µs while nothing else runs.
Ages are those at ${formatCount(ageRate)} events/s. ${base === null ? 'Spread: highest − lowest, of the median.' : 'Differences are medians of the rounds in turns.'}

${(base === null ? aloneTable(now) : pairTable(base, now)).join('\n')}
${base === null ? '' : `\n${conclusion(base, now)}\n`}
`;
}

function about({ commit, dirty }: Variant): string {
  return `${commit.slice(0, 12)}${dirty ? ' with changes that are not committed' : ''}`;
}

function aloneTable(variant: Variant): string[] {
  const summaries = summariesOf(variant);
  const rows = MEASURE_NAMES.flatMap((measure) => {
    const found = summaries[measure];
    return found === undefined ? [] : [aloneRow(measure, found)];
  });
  return [columns('', 'median', 'lowest', 'highest', 'spread'), ...rows];
}

function aloneRow(measure: Measure, { median, lowest, highest, spread }: Summary): string {
  const value = (of: number): string => written(measure, of);
  const share = spread === null ? '–' : percent(spread);
  return columns(MEASURES[measure].title, value(median), value(lowest), value(highest), share);
}

function pairTable(base: Variant, now: Variant): string[] {
  const [before, after] = [summariesOf(base), summariesOf(now)];
  const judgements = comparisonOf(base, now);
  const rows = MEASURE_NAMES.flatMap((measure) => {
    const [from, to, judgement] = [before[measure], after[measure], judgements[measure]];
    if (from === undefined || to === undefined || judgement === undefined) return [];
    const [was, is] = [written(measure, from.median), written(measure, to.median)];
    const { title } = MEASURES[measure];
    return [`${columns(title, was, is, signed(judgement.difference))}  ${verdict(judgement)}`];
  });
  return [`${columns('', 'base', 'now', 'difference')}  judgement`, ...rows];
}

function columns(title: string, ...cells: readonly string[]): string {
  return `${title.padEnd(28)}${cells.map((cell) => cell.padStart(12)).join('')}`;
}

function written(measure: Measure, value: number): string {
  const { unit } = MEASURES[measure];
  const digits = unit === '×' ? 2 : unit === 'µs' ? 1 : 0;
  const number = digits === 0 ? formatCount(value) : value.toFixed(digits);
  return unit === '' ? number : `${number} ${unit}`;
}

function signed(difference: number): string {
  return difference < 0 ? `−${percent(-difference)}` : `+${percent(difference)}`;
}

function verdict({ verdict: word, reason, spread }: Judgement): string {
  if (reason !== null) return `${word}: ${reason}`;
  return spread === null ? word : `${word} (spread ${percent(spread)})`;
}

/** The sentence that the exit code says too. */
function conclusion(base: Variant, now: Variant): string {
  const judgement = comparisonOf(base, now)[DECISIVE];
  if (judgement === undefined) return 'Nothing can be compared.';
  const { verdict: word, reason, difference, spread } = judgement;
  if (reason !== null) return `CPU of ingest + worker: cannot tell: ${reason}.`;
  if (word === 'same') return 'CPU of ingest + worker: the same.';
  const size = `${percent(Math.abs(difference))} ${difference < 0 ? 'less' : 'more'}`;
  return `CPU of ingest + worker: ${size} than at the base (spread ${percent(spread ?? 0)}).`;
}

/** 0, or 3 where the CPU got worse, or 4 where that cannot be told. */
export function exitCode({ now, base }: Results): number {
  if (base === null) return 0;
  const found = comparisonOf(base, now)[DECISIVE]?.verdict ?? 'cannot tell';
  return { better: 0, same: 0, worse: 3, 'cannot tell': 4 }[found];
}
