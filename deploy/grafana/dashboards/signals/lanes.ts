import { series } from '../expressions.ts';
import type { Signal } from '../signal.ts';

/** States of a lane from the best to the worst, with their colours. */
export const LANE_COLOURS = {
  active: 'green',
  throttled: 'orange',
  failing: 'red',
  blocked: 'dark-red',
} as const;

/** What the numbers of `lanes` mean. */
export const LANE_WORDS: NonNullable<Signal['words']> = Object.fromEntries(
  Object.entries(LANE_COLOURS).map(([text, colour], index) => [index, { text, colour }]),
);

/** The worst state that the lane of a pixel is in, in any worker, as a number: 0 is active. */
export function worstLaneState(by: readonly 'pixel'[] = []): string {
  const states = Object.keys(LANE_COLOURS).map(
    (state, index) => `${series('laneState', { state })} * ${index}`,
  );
  return `max${by.length > 0 ? ` by (${by.join(', ')}) ` : ''}(${states.join(' or ')})`;
}
