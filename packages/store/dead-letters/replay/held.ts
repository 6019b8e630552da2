import { haltWords } from '#core/delivery/halt.ts';
import { formatCount } from '#core/text/format.ts';
import type { HeldPixel, Replay } from './state.ts';

const MOST_NAMED = 5;

/** A pixel that a replay has passed over, as people and scripts see it. */
export type HeldView = Pick<HeldPixel, 'pixelId' | 'state' | 'why'>;

/** The pixels that a replay has passed over and returns to; none where it never goes on. */
export function heldOf({ state, held }: Pick<Replay, 'state' | 'held'>): HeldView[] {
  if (state === 'finished' || state === 'cancelled') return [];
  return held.map(({ after: _, ...view }) => view);
}

/** `pixel 123 is blocked (the token is dead)`: each pixel that a replay has passed over, for people. */
export function heldWords(
  held: readonly HeldView[],
  labelOf: (pixelId: string) => string = (pixelId) => pixelId,
): string {
  const named = held
    .slice(0, MOST_NAMED)
    .map(({ pixelId, ...halt }) => `pixel ${labelOf(pixelId)} is ${haltWords(halt)}`);
  const others = held.length - named.length;
  return [...named, ...(others > 0 ? [`and ${formatCount(others)} others`] : [])].join(', ');
}
