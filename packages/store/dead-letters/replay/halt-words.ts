import type { Halt as LaneHalt } from '#core/delivery/halt.ts';
import { inFlight, type Outcomes } from './brakes.ts';

/* Why a replay stopped, for people. */

/** A lane that stands still. */
export type PixelHalt = LaneHalt & { readonly pixelId: string };

export function haltWords({ pixelId, state, why }: PixelHalt): string {
  return `the lane of pixel ${pixelId} is ${state} (${why}): mend that first`;
}

export function unanswered(outcomes: Outcomes, why: 'canary' | 'answers'): string {
  const what = why === 'canary' ? 'the canary' : 'what was put back';
  return `${what} has no answer: ${inFlight(outcomes)} events wait in the queue; does a worker run?`;
}
