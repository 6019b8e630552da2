import { number, span } from '#dead-letters/figures.ts';
import type { Plan } from '#dead-letters/replay/plan.ts';
import { type LeftAlone, sum, type Tally } from '#dead-letters/replay/tally.ts';

const WHY: Readonly<Record<LeftAlone, string>> = {
  expired: 'past the horizon, or within 10 minutes of it',
  unknown: 'that Meta may have taken more than 48 h ago (--include-unknown)',
  looping: 'replayed 3 times or more (--force-loop)',
  unconfigured: 'of a pixel that is not in the configuration',
  unreadable: 'that do not open under the sealing keys of the configuration',
  gone: 'that somebody else has replayed or purged',
};

/** What is about to happen. */
export function renderPlan({ ids, mapped, tally }: Plan, rate: number | null): string {
  const time = rate === null ? '' : `, about ${duration(ids.length / rate)} at ${rate} a second`;
  const lines = [`Plan: ${number(ids.length)} of ${number(tally.matched)} dead letters${time}`];
  if (mapped > 0) lines.push(`  ${number(mapped)} of them are mapped with today's settings`);
  if (tally.left > 0) lines.push(`  ${number(tally.left)} are left for another time (--max)`);
  return `${[...lines, ...skips(tally)].join('\n')}\n`;
}

/** What has happened, or would. */
export function renderResult(tally: Tally, dryRun: boolean): string {
  const { replayed, matched, filtered, refused } = tally;
  const done = dryRun ? 'would be put back' : 'put back';
  return `${[
    `${number(replayed)} of ${number(matched)} ${done} into the queue`,
    ...(sum(filtered) > 0 ? [`  left out by today's settings: ${reasons(filtered)}`] : []),
    ...(sum(refused) > 0 ? [`  refused again, and stay dead: ${reasons(refused)}`] : []),
    ...(tally.left > 0 ? [`  left for another time (--max): ${number(tally.left)}`] : []),
    ...skips(tally),
  ].join('\n')}\n`;
}

function skips({ skipped }: Tally): string[] {
  return (Object.keys(WHY) as LeftAlone[])
    .filter((why) => skipped[why] > 0)
    .map((why) => `  not replayed: ${number(skipped[why])} ${WHY[why]}`);
}

function reasons(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, n]) => `${number(n)} ${reason}`)
    .join(', ');
}

function duration(seconds: number): string {
  return seconds < 120 ? `${Math.ceil(seconds)} s` : span(seconds * 1000);
}
