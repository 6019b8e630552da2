import { formatCount } from '#core/text/format.ts';
import { type Html, html } from '../html.ts';

/** How many events fell into the time that begins at `at`, Unix ms. */
export interface Count {
  readonly at: number;
  readonly events: number;
}

const HOUR_MS = 3_600_000;
const RANGES = [
  { ms: 24 * HOUR_MS, words: 'the last 24 hours' },
  { ms: 7 * 24 * HOUR_MS, words: 'the last 7 days' },
] as const;

const BARS = 42;
const STEP = 4;
const WIDTH = BARS * STEP;
const HEIGHT = 32;
const GAP = 1;

/** Bars over the last day, or over a week for what is older; the newest on the right. */
export function sparkline(counts: readonly Count[], now: number): Html {
  const oldest = counts[0]?.at ?? now;
  const range = now - oldest <= RANGES[0].ms ? RANGES[0] : RANGES[1];
  const bars = heights(counts, now, range.ms);
  const most = Math.max(...bars, 1);
  const total = bars.reduce((sum, events) => sum + events, 0);
  const path = bars.map((events, index) => bar(index, events / most)).join('');
  const words = `${formatCount(total)} died in ${range.words}, at most ${formatCount(most)} in one bar`;
  return html`<figure class="spark"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${words}"><title>${words}</title><path class="none" d="M0 ${HEIGHT - 0.5}h${WIDTH}"/><path d="${path}"/></svg><figcaption>${range.words}</figcaption></figure>`;
}

function heights(counts: readonly Count[], now: number, rangeMs: number): number[] {
  const bars = Array.from({ length: BARS }, () => 0);
  for (const { at, events } of counts) {
    const index = Math.min(Math.floor(((at - now + rangeMs) / rangeMs) * BARS), BARS - 1);
    if (index >= 0) bars[index] = (bars[index] ?? 0) + events;
  }
  return bars;
}

/** The lowest bar that can still be seen. */
const LOWEST = 2;

/** One bar as a part of a path; nothing for an empty one. */
function bar(index: number, share: number): string {
  if (share === 0) return '';
  const height = Math.max(share * HEIGHT, LOWEST).toFixed(1);
  const width = STEP - GAP;
  return `M${index * STEP} ${HEIGHT}v-${height}h${width}v${height}z`;
}
