import { number } from '#dead-letters/figures.ts';
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
const WIDTH = 168;
const HEIGHT = 32;
const GAP = 1;

/** Bars over the last day, or over a week for what is older; the newest on the right. */
export function sparkline(counts: readonly Count[], now: number): Html {
  const oldest = counts[0]?.at ?? now;
  const range = now - oldest <= RANGES[0].ms ? RANGES[0] : RANGES[1];
  const bars = heights(counts, now, range.ms);
  const most = Math.max(...bars, 1);
  const total = bars.reduce((sum, events) => sum + events, 0);
  const step = WIDTH / BARS;
  const boxes = bars.map((events, index) => {
    const height = events === 0 ? 1 : Math.max((events / most) * HEIGHT, 2);
    return html`<rect${events === 0 && html` class="none"`} x="${(index * step).toFixed(1)}" y="${(HEIGHT - height).toFixed(1)}" width="${step - GAP}" height="${height.toFixed(1)}"/>`;
  });
  const words = `${number(total)} died in ${range.words}, at most ${number(most)} in one bar`;
  return html`<figure class="spark"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${words}"><title>${words}</title>${boxes}</svg><figcaption>${range.words}</figcaption></figure>`;
}

function heights(counts: readonly Count[], now: number, rangeMs: number): number[] {
  const bars = Array.from({ length: BARS }, () => 0);
  for (const { at, events } of counts) {
    const index = Math.min(Math.floor(((at - now + rangeMs) / rangeMs) * BARS), BARS - 1);
    if (index >= 0) bars[index] = (bars[index] ?? 0) + events;
  }
  return bars;
}
