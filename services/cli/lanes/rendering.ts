import { parkedWords } from '#core/delivery/parked.ts';
import { pixelLabel } from '#core/pixel-names.ts';
import { formatAge, formatCount } from '#core/text/format.ts';
import type { PixelStatus } from '#store/status/fleet.ts';
import { table, textColumns } from '../output/table.ts';
import { printable, wrapped } from '../output/text.ts';

const HEAD = ['PIXEL', 'LANE', 'QUEUED', 'OLDEST'];

/** A lane for scripts. */
export function laneView(pixel: PixelStatus) {
  const { pixelId, name, configured, lane, ledger, waiting, active, delayed, oldestAt } = pixel;
  const { parked } = pixel;
  const { state, why, until } = lane;
  const pause = 'pause' in lane ? (lane.pause ?? null) : null;
  const envelopes = { waiting, active, delayed };
  const { queued } = ledger;
  const line = { pixelId, name, configured, state, why, until, pause, queued };
  return { ...line, envelopes, oldestAt, parked };
}

/** A row for each lane; below it, why it is halted. */
export function renderLanes(pixels: readonly PixelStatus[], now: number): string {
  if (pixels.length === 0) return 'No pixel is configured.\n';
  const rows = pixels.map(({ pixelId, name, configured, lane, ledger, oldestAt }) => [
    pixelLabel({ pixelId, name }),
    configured || lane.state === 'paused' ? lane.state : 'not set up',
    formatCount(ledger.queued),
    oldestAt === null ? '–' : formatAge(now - oldestAt),
  ]);
  const [head = '', ...lines] = table([HEAD, ...rows])
    .trimEnd()
    .split('\n');
  const texts = lines.map((line, at) => `${line}\n${reasonOf(pixels[at], now)}`);
  return `${head}\n${texts.join('')}`;
}

function reasonOf(pixel: PixelStatus | undefined, now: number): string {
  if (pixel === undefined) return '';
  const { lane, parked } = pixel;
  const probed = lane.until === null ? '' : `${whenProbed(lane.until - now)}: `;
  const texts = [
    ...(lane.state === 'active' ? [] : [printable(`${probed}${lane.why}`)]),
    ...(parked === null ? [] : [parkedWords(parked, now)]),
  ];
  return texts.map((text) => wrapped(text, textColumns(), '  ')).join('');
}

function whenProbed(leftMs: number): string {
  return leftMs > 0 ? `probed in ${formatAge(leftMs)}` : 'being probed';
}
