import { formatAge, formatCount } from '#core/text/format.ts';
import { NO_PIXEL } from '#store/keys.ts';
import { type FleetReading, type PixelReading, unbalanced } from '#store/status/fleet.ts';
import type { Line } from './line.ts';
import type { Rates } from './rates.ts';

const STYLES: Readonly<Record<PixelReading['lane']['state'], Pick<Line, 'style'>>> = {
  active: {},
  throttled: { style: 'yellow' },
  failing: { style: 'yellow' },
  blocked: { style: 'red' },
};

/** Widths that fit 80 columns: the text of the first two cells begins, that of the others ends them. */
const WIDTHS = [16, 10, 9, 9, 8, 13, 9] as const;
const HEAD = ['PIXEL', 'LANE', 'QUEUED', 'OLDEST', 'A SECOND', 'DELIVERED', 'DEAD'];

/** A row for each pixel, and below it why its lane stands still or what is wrong with its ledger. */
export function laneLines(fleet: FleetReading, rates: Rates | null, at: number): Line[] {
  const off = new Map(unbalanced(fleet));
  const { none } = fleet;
  return [
    { text: row(HEAD), style: 'dim' },
    ...fleet.pixels.flatMap((pixel) => {
      const { ledger, oldestAt } = pixel;
      const rate = rates?.deliveredBy[pixel.pixelId];
      const text = row([
        pixel.pixelId,
        pixel.configured ? pixel.lane.state : 'not set up',
        formatCount(ledger.queued),
        oldestAt === null ? '–' : formatAge(at - oldestAt),
        rate === undefined ? '–' : formatCount(rate),
        formatCount(ledger.delivered),
        formatCount(ledger.dead),
      ]);
      return [
        { text, ...STYLES[pixel.lane.state] },
        ...why(pixel, at),
        ...imbalance(off.get(pixel.pixelId)),
      ];
    }),
    ...(none.consumed > 0
      ? [
          { text: row(['no pixel', '', '', '', '', '', formatCount(none.dead)]) },
          ...imbalance(off.get(NO_PIXEL)),
        ]
      : []),
  ];
}

/** How a lane that stands still goes on, then why: the words may be long. */
function why({ lane: { state, why: words, until } }: PixelReading, at: number): Line[] {
  if (state === 'active') return [];
  const left = (until ?? at) - at;
  const when = left > 0 ? `probed in ${formatAge(left)}` : 'being probed';
  return [{ text: `  ${when}: ${words ?? ''}` }];
}

function imbalance(by: number | undefined): Line[] {
  if (by === undefined) return [];
  return [{ text: `  its ledger is out of balance by ${formatCount(by)}`, style: 'red' }];
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => {
      const width = WIDTHS[index] ?? 0;
      return index < 2 ? cell.padEnd(width) : cell.padStart(width);
    })
    .join(' ')
    .trimEnd();
}
