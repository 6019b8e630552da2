import { formatCount, formatDuration, formatEta } from '#core/text/format.ts';
import type { Plan } from '#store/dead-letters/replay/counts.ts';
import { gone, type LeftAlone, sum, type Tally } from '#store/dead-letters/replay/counts.ts';
import { inFlight } from '#store/dead-letters/replay/safety-limits.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';
import { table } from '../dead-letters/table.ts';
import type { ReplayOptions } from './flags.ts';

const WHY: Readonly<Record<LeftAlone, string>> = {
  expired: 'past the horizon, or within 10 minutes of it',
  unknown: 'that Meta may have taken more than 48 h ago (--include-unknown)',
  looping: 'replayed 3 times or more (--force-loop)',
  unconfigured: 'of a pixel that is not in the configuration',
  truncated:
    'of which only the first part was kept: send the original from Kafka again (show <id>)',
  unreadable: 'that do not open under the sealing keys of the configuration, or are damaged',
  gone: 'that somebody else has replayed or purged',
};

/** What is about to happen. */
export function renderPlan(
  { events, mapped, tally }: Plan,
  { rate, canary, stopAbove }: Pick<ReplayOptions, 'rate' | 'canary' | 'stopAbove'>,
): string {
  const time = rate === null ? '' : `, about ${formatEta(events / rate)} at ${rate} a second`;
  const lines = [
    `Plan: ${formatCount(events)} of ${formatCount(tally.matched)} dead letters${time}`,
  ];
  if (mapped > 0) lines.push(`  ${formatCount(mapped)} of them are mapped with today's settings`);
  if (tally.left > 0) lines.push(`  ${formatCount(tally.left)} are left for another time (--max)`);
  const first = canary > 0 ? `canary: ${formatCount(Math.min(canary, events))} go first; ` : '';
  const share = `${Number((stopAbove * 100).toFixed(2))}%`;
  if (events > 0) lines.push(`  ${first}it stops when more than ${share} die again`);
  return `${[...lines, ...skips(tally)].join('\n')}\n`;
}

/** What has happened, or would. */
export function renderTally(tally: Tally, dryRun: boolean): string {
  const { replayed, matched, filtered, refused } = tally;
  const done = dryRun ? 'would be put back' : 'put back';
  return `${[
    `${formatCount(replayed)} of ${formatCount(matched)} ${done} into the queue`,
    ...(sum(filtered) > 0 ? [`  left out by today's settings: ${reasons(filtered)}`] : []),
    ...(sum(refused) > 0 ? [`  refused again, and stay dead: ${reasons(refused)}`] : []),
    ...(tally.left > 0 ? [`  left for another time (--max): ${formatCount(tally.left)}`] : []),
    ...skips(tally),
  ].join('\n')}\n`;
}

/** How far a replay has come, and what came of it. */
export function renderReplay(replay: Replay): string {
  const { spec, state, why, tally, delivered, died } = replay;
  const outcome = [`delivered ${formatCount(delivered)}`];
  if (died > 0) outcome.push(`died again ${formatCount(died)}`);
  if (inFlight(replay) > 0) outcome.push(`${formatCount(inFlight(replay))} wait for their answer`);
  const head = `Replay ${spec.id}: ${state}${why === null ? '' : ` (${why})`}`;
  return `${head}\n${renderTally(tally, false)}  ${outcome.join(', ')}\n`;
}

const HEAD = ['REPLAY', 'STATE', 'BEGAN', 'BY', 'DONE', 'DELIVERED', 'DIED', 'WHERE'];

/** The replays there are, for people; `now` is Unix ms. */
export function renderReplays(replays: readonly Replay[], now: number): string {
  if (replays.length === 0) return 'No replays.\n';
  const rows = replays.map(({ spec, state, tally, delivered, died }) => [
    spec.id,
    state,
    `${formatDuration(now - spec.startedAt)} ago`,
    spec.by,
    `${formatCount(gone(tally))}/${formatCount(spec.planned)}`,
    formatCount(delivered),
    formatCount(died),
    spec.where === '' ? '--all' : spec.where,
  ]);
  return table([HEAD, ...rows], HEAD.indexOf('WHERE'));
}

function skips({ skipped }: Tally): string[] {
  return (Object.keys(WHY) as LeftAlone[])
    .filter((why) => skipped[why] > 0)
    .map((why) => `  not replayed: ${formatCount(skipped[why])} ${WHY[why]}`);
}

function reasons(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, n]) => `${formatCount(n)} ${reason}`)
    .join(', ');
}
