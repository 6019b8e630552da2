import type { Gone } from '#store/parking/operations.ts';
import type { ParkedAt, ParkedPlace } from '#store/parking/ranges.ts';

/** Parked events that are not in Kafka any more, or that their pixel does not select any more. */
export interface GoneEvents extends ParkedAt {
  readonly pixel: string;
  readonly from: number;
  readonly to: number;
  readonly events: number;
}

/** Hear of them. */
export interface GoneListeners {
  readonly onLost: (lost: GoneEvents) => void;
  readonly onLeftOut: (leftOut: GoneEvents) => void;
}

/**
 * Tells which parked events of a partition a write gave up.
 * @param to up to where it went
 */
export function tellGone(
  { onLost, onLeftOut }: GoneListeners,
  { topic, partition, ranges }: ParkedPlace,
  to: number,
  gone: ReadonlyMap<string, Gone>,
): void {
  for (const [pixel, { lost, leftOut }] of gone) {
    const { from, ...range } = ranges.get(pixel) ?? { from: to, to };
    const part = { pixel, topic, partition, from, to: Math.min(to, range.to) };
    if (lost > 0) onLost({ ...part, events: lost });
    if (leftOut > 0) onLeftOut({ ...part, events: leftOut });
  }
}
