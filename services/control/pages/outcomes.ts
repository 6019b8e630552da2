import { formatCount } from '#core/text/format.ts';
import { type LeftAlone, sum, type Tally } from '#store/dead-letters/replay/counts.ts';
import { type Html, html, type Part } from '../html.ts';

const LEFT_ALONE: Readonly<Record<LeftAlone, string>> = {
  expired: 'past the horizon, or within 10 minutes of it',
  unknown: 'may have been taken by Meta more than 48 hours ago',
  looping: 'were replayed 3 times or more',
  unconfigured: 'belong to a pixel that is not in the configuration',
  truncated: 'were kept only in part: their originals are in Kafka alone',
  unreadable: 'do not open under the sealing keys of the configuration, or are damaged',
  gone: 'were replayed or purged by somebody else meanwhile',
};

/** Why some of the dead letters that were matched are left alone: a row for each reason. */
export function leftAlone({ skipped, left }: Pick<Tally, 'skipped' | 'left'>): Part {
  const rows = (Object.keys(LEFT_ALONE) as LeftAlone[])
    .filter((why) => (skipped[why] ?? 0) > 0)
    .map((why) => row(skipped[why], LEFT_ALONE[why]));
  if (left > 0) rows.push(row(left, 'are left for another time'));
  return rows.length > 0 && html`<ul class="tally">${rows}</ul>`;
}

/** What became of those that were mapped anew and not put back. */
export function judgedAnew({ filtered, refused }: Pick<Tally, 'filtered' | 'refused'>): Part {
  const rows = [
    ...(sum(filtered) > 0
      ? [row(sum(filtered), `are left out by today's settings: ${reasons(filtered)}`)]
      : []),
    ...(sum(refused) > 0
      ? [row(sum(refused), `are refused again and stay dead: ${reasons(refused)}`)]
      : []),
  ];
  return rows.length > 0 && html`<ul class="tally">${rows}</ul>`;
}

function row(count: number, words: string): Html {
  return html`<li><span class="n">${formatCount(count)}</span> ${words}</li>`;
}

function reasons(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, events]) => `${formatCount(events)} ${reason}`)
    .join(', ');
}
