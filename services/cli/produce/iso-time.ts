/** Seconds remembered: more than a visit's events are spread over. */
const SECONDS = 1024;
const known: number[] = new Array(SECONDS).fill(Number.NaN);
const texts: string[] = new Array(SECONDS).fill('');

const MILLISECONDS: readonly string[] = Array.from({ length: 1000 }, (_, ms) =>
  String(ms).padStart(3, '0'),
);

/**
 * `2026-11-23T10:00:00.000Z` from Unix ms. As {@link Date.prototype.toISOString} writes it, for a
 * fraction of its cost where the same seconds come again and again.
 */
export function isoTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  const slot = second % SECONDS;
  if (known[slot] !== second) {
    known[slot] = second;
    texts[slot] = new Date(second * 1000).toISOString().slice(0, 20);
  }
  return `${texts[slot]}${MILLISECONDS[ms - second * 1000]}Z`;
}
