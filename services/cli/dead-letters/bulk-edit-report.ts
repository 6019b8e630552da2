import { formatCount, plural } from '#core/text/format.ts';
import type { Outcomes } from '#store/dead-letters/bulk-edit/outcomes.ts';
import type { EditPlan, LeftCounts } from '#store/dead-letters/bulk-edit/plan.ts';
import type { BulkEditResult } from '#store/dead-letters/bulk-edit/run.ts';
import { leftWords, outcomeWords } from '#store/dead-letters/bulk-edit/words.ts';
import { textColumns } from '../output/table.ts';
import { printable, wrapped } from '../output/text.ts';

/** What a bulk edit would do. */
export function renderEditPlan(plan: EditPlan): string {
  const { matched, changes, left, before, after, samples } = plan;
  const head = `${formatCount(changes)} of ${plural(matched, 'dead letter')} would change.\n`;
  const shown = samples.map(({ id, changes }) => {
    const lines = changes.map((line) => `    ${printable(line)}\n`).join('');
    return `  ${id}\n${lines}`;
  });
  if (changes === 0) return `${head}${leftLines(left)}`;
  const sample = `\nA sample:\n${shown.join('')}`;
  const outcome = `\nA replay now: ${outcomeWords(before)}.\nA replay after it: ${outcomeWords(after)}.\n`;
  return `${head}${leftLines(left)}${sample}${filled(outcome)}`;
}

/** What a bulk edit did, and what to do next. */
export function renderEditResult(
  { changed, left, canary, after }: BulkEditResult,
  where: string,
): string {
  const head = `${plural(changed, 'dead letter')} changed.\n${leftLines(left)}`;
  const first = canary === null ? '' : `Canary, mapped again: ${outcomeWords(canary)}.\n`;
  const all = changed === 0 ? '' : `A replay now: ${outcomeWords(after)}.\n`;
  const scope = where === '' ? '--all' : `--where '${where.replaceAll("'", `'\\''`)}'`;
  const next = after.delivered === 0 ? '' : `  Next: capi-relay replay ${scope}\n`;
  return `${head}${filled(first + all)}${next}`;
}

function filled(text: string): string {
  return text
    .split('\n')
    .map((line) => wrapped(line, textColumns(), '').trimEnd())
    .join('\n');
}

function leftLines(left: LeftCounts): string {
  const { why, where } = leftWords(left);
  const all = [
    ...why.map((words) => `  ${words}`),
    ...where.map((place) => `    ${printable(place)}`),
  ];
  return all.map((line) => `${line}\n`).join('');
}

export function jsonOfPlan({ matched, changes, left, before, after, samples }: EditPlan) {
  const outcomes = { before: jsonOfOutcomes(before), after: jsonOfOutcomes(after) };
  return { dryRun: true, matched, changes, ...jsonOfLeft(left), ...outcomes, samples };
}

export function jsonOfResult({ changed, left, canary, after, stopped }: BulkEditResult) {
  const first = canary === null ? null : jsonOfOutcomes(canary);
  const rest = { canary: first, after: jsonOfOutcomes(after), stopped };
  return { dryRun: false, changed, ...jsonOfLeft(left), ...rest };
}

function jsonOfLeft({ by, places }: LeftCounts) {
  return { left: by, places: Object.fromEntries(places) };
}

function jsonOfOutcomes({ delivered, rejected, filtered, skipped }: Outcomes) {
  const [of, by, why] = [rejected, filtered, skipped].map((counts) => Object.fromEntries(counts));
  return { delivered, rejected: of, filtered: by, skipped: why };
}
