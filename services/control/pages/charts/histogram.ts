import type { Bucket } from '#core/dead-letter/groups.ts';
import { formatCount } from '#core/text/format.ts';
import { type Html, html } from '../../html.ts';

const HOUR_MS = 3_600_000;
const RANGES = [
  { ms: 24 * HOUR_MS, words: 'the last 24 hours', from: '24 h ago', bar: '20 minutes' },
  { ms: 7 * 24 * HOUR_MS, words: 'the last 7 days', from: '7 d ago', bar: '2 h 20 m' },
  { ms: 30 * 24 * HOUR_MS, words: 'the last 30 days', from: '30 d ago', bar: '10 hours' },
] as const;

const BARS = 72;
const STEP = 4;
const WIDTH = BARS * STEP;
const HEIGHT = 48;
const GAP = 1;

/** A bar chart of when dead letters died, over the shortest range that has all of them. */
export function deathHistogram(counts: readonly Bucket[], now: number): Html {
  const oldest = counts.reduce((first, { at }) => Math.min(first, at), now);
  const range = RANGES.find(({ ms }) => now - oldest <= ms) ?? RANGES[2];
  const bars = heights(counts, now, range.ms);
  const most = Math.max(...bars, 1);
  const total = bars.reduce((sum, events) => sum + events, 0);
  const path = bars.map((events, index) => bar(index, events / most)).join('');
  const words = `${formatCount(total)} died in ${range.words}, at most ${formatCount(most)} in ${range.bar}`;
  return html`<figure class="histogram"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${words}"><title>${words}</title><path class="none" d="M0 ${HEIGHT - 0.5}h${WIDTH}"/><path d="${path}"/></svg>
<figcaption><span>${range.from}</span><span>${words}</span><span>now</span></figcaption></figure>`;
}

function heights(counts: readonly Bucket[], now: number, rangeMs: number): number[] {
  const bars = Array.from({ length: BARS }, () => 0);
  for (const { at, events } of counts) {
    const index = Math.min(Math.floor(((at - now + rangeMs) / rangeMs) * BARS), BARS - 1);
    if (index >= 0) bars[index] = (bars[index] ?? 0) + events;
  }
  return bars;
}

/** The lowest bar that is still visible. */
const MIN_BAR_HEIGHT = 2;

/** One bar as a part of a path; empty for no events. */
function bar(index: number, share: number): string {
  if (share === 0) return '';
  const height = Math.max(share * HEIGHT, MIN_BAR_HEIGHT).toFixed(1);
  const width = STEP - GAP;
  return `M${index * STEP} ${HEIGHT}v-${height}h${width}v${height}z`;
}
