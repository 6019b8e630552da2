import { series } from '../expressions.ts';
import type { Signal } from '../signal.ts';

/** States of a lane from the best to the worst, with their colours. */
const STATES = { open: 'green', throttled: 'orange', blocked: 'red' } as const;

/** What the numbers of `lanes` mean. */
export const LANE_WORDS: NonNullable<Signal['words']> = Object.fromEntries(
  Object.entries(STATES).map(([text, colour], index) => [index, { text, colour }]),
);

/** The worst state that the lane of a pixel is in, in any worker, as a number: 0 is open. */
export function lanes(by: readonly 'pixel'[] = []): string {
  const states = Object.keys(STATES).map(
    (state, index) => `${series('laneState', { state })} * ${index}`,
  );
  return `max${by.length > 0 ? ` by (${by.join(', ')}) ` : ''}(${states.join(' or ')})`;
}
