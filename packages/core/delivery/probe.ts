import type { Halt } from './halt.ts';

/**
 * How many events the request that probes a lane holds. Where the lane fails it is half as many after
 * each probe that failed, down to one: what failed may be one of the events, and not the lane.
 *
 * @param most events of the first probe
 */
export function probeSize(halt: Halt | null, most: number): number {
  if (halt === null || halt.state !== 'failing') return most;
  return Math.max(Math.floor(most / 2 ** (halt.turn - 1)), 1);
}

/**
 * A batch as its probe and the rest of it. The probe comes from another place each time, so that one
 * event that always fails cannot keep the lane halted.
 *
 * @param random in [0, 1)
 */
export function drawProbe<T>(
  events: readonly T[],
  size: number,
  random: number,
): readonly (readonly T[])[] {
  const from = Math.floor(random * Math.max(events.length - size + 1, 1));
  return [
    events.slice(from, from + size),
    [...events.slice(0, from), ...events.slice(from + size)],
  ];
}
