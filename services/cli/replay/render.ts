import { NO_NAMES, type PixelNames } from '#core/pixel-names.ts';
import { formatCount, formatDuration, formatEta } from '#core/text/format.ts';
import type { ReplayPlan } from '#store/dead-letters/replay/counts.ts';
import {
  processedCount,
  type ReplayCounts,
  reasons,
  sum,
  type UnreplayedReason,
} from '#store/dead-letters/replay/counts.ts';
import { heldOf, heldWords } from '#store/dead-letters/replay/held.ts';
import { inFlight } from '#store/dead-letters/replay/safety-limits.ts';
import type { Replay, ReplaySpec } from '#store/dead-letters/replay/state.ts';
import { SKIP_MESSAGES } from '../dead-letters/details.ts';
import { table } from '../output/table.ts';

export function renderPlan(
  { events, mapped, counts }: ReplayPlan,
  { rate, canary, stopAbove }: Pick<ReplaySpec, 'rate' | 'canary' | 'stopAbove'>,
): string {
  const time = rate === null ? '' : `, about ${formatEta(events / rate)} at ${rate} per second`;
  const lines = [
    `Plan: ${formatCount(events)} of ${formatCount(counts.matched)} dead letters${time}`,
  ];
  if (mapped > 0)
    lines.push(
      `  ${formatCount(mapped)} of them are mapped again with the current settings: --dry-run shows the result`,
    );
  if (counts.left > 0) lines.push(`  ${formatCount(counts.left)} are beyond --max and stay`);
  const first = canary > 0 ? `canary: ${formatCount(Math.min(canary, events))} go first; ` : '';
  const share = `${Number((stopAbove * 100).toFixed(2))}%`;
  if (events > 0) lines.push(`  ${first}the replay stops when more than ${share} die again`);
  return `${[...lines, ...skips(counts)].join('\n')}\n`;
}

/** What a replay has done so far, or would do. */
export function renderCounts(counts: ReplayCounts, dryRun: boolean): string {
  const { replayed, matched, filtered, refused } = counts;
  const done = dryRun ? 'would be put back' : 'put back';
  return `${[
    `${formatCount(replayed)} of ${formatCount(matched)} ${done} into the queue`,
    ...(sum(filtered) > 0 ? [`  filtered out by the current settings: ${reasons(filtered)}`] : []),
    ...(sum(refused) > 0 ? [`  refused again, and stay dead letters: ${reasons(refused)}`] : []),
    ...(counts.left > 0 ? [`  beyond --max, and stay: ${formatCount(counts.left)}`] : []),
    ...skips(counts),
  ].join('\n')}\n`;
}

/** How many that a replay took up are not delivered: they stayed, died again, or have no answer. */
export function undelivered(replay: Replay): number {
  const { counts, died } = replay;
  return sum(counts.skipped) + sum(counts.refused) + died + inFlight(replay);
}

export function renderReplay(replay: Replay, names: PixelNames = NO_NAMES): string {
  const { spec, state, why, counts, delivered, died } = replay;
  const outcome = [`delivered ${formatCount(delivered)}`];
  if (died > 0) outcome.push(`died again ${formatCount(died)}`);
  if (inFlight(replay) > 0) outcome.push(`${formatCount(inFlight(replay))} await their answer`);
  const head = `Replay ${spec.id}: ${state}${why === null ? '' : ` (${why})`}`;
  return `${head}\n${renderCounts(counts, false)}${later(replay, names)}  ${outcome.join(', ')}\n`;
}

/** What is left for halted pixels; the state of a replay that awaits them names these already. */
function later(replay: Replay, names: PixelNames): string {
  const { spec, counts, awaitsPixels } = replay;
  const held = heldOf(replay);
  if (held.length === 0) return '';
  if (!awaitsPixels)
    return `  passed over, and left for later: ${heldWords(held, (pixelId) => names.label(pixelId))}\n`;
  const left = Math.max(spec.planned - processedCount(counts), 0);
  return left === 0
    ? ''
    : `  left for these pixels: ${formatCount(left)} of ${formatCount(spec.planned)} planned\n`;
}

const HEAD = ['REPLAY', 'STATE', 'STARTED', 'BY', 'DONE', 'DELIVERED', 'DIED', 'WHERE'];

/** A table of replays; `now` is Unix ms. */
export function renderReplays(replays: readonly Replay[], now: number): string {
  if (replays.length === 0) return 'No replays.\n';
  const rows = replays.map(({ spec, state, counts, delivered, died }) => [
    spec.id,
    state,
    `${formatDuration(now - spec.startedAt)} ago`,
    spec.by,
    `${formatCount(processedCount(counts))}/${formatCount(spec.planned)}`,
    formatCount(delivered),
    formatCount(died),
    spec.where === '' ? '--all' : spec.where,
  ]);
  return table([HEAD, ...rows], HEAD.indexOf('WHERE'));
}

function skips({ skipped }: ReplayCounts): string[] {
  return (Object.keys(skipped) as UnreplayedReason[])
    .filter((why) => skipped[why] > 0)
    .map((why) => `  not replayed: ${formatCount(skipped[why])} (${SKIP_MESSAGES[why]})`);
}
