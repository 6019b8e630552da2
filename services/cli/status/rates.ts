import { type FleetReading, totalOf } from '#store/status/fleet.ts';

/** Events a second between two readings of the ledger. */
export interface Rates {
  readonly consumed: number;
  readonly delivered: number;
  readonly dead: number;
  /** How far apart the readings are, in ms. */
  readonly overMs: number;
  /** Delivered, by pixel. */
  readonly deliveredBy: Readonly<Record<string, number>>;
}

/** A reading of the ledger, and when it was read, Unix ms. */
type Moment = FleetReading & { readonly at: number };

/** Null where they are the same reading. A ledger that begins anew counts from nothing. */
export function ratesBetween(before: Moment, after: Moment): Rates | null {
  const overMs = after.at - before.at;
  if (overMs <= 0) return null;
  const perSecond = (from: number, to: number): number => (Math.max(to - from, 0) * 1000) / overMs;
  const [from, to] = [totalOf(before), totalOf(after)];
  const known = new Map(before.pixels.map(({ pixelId, ledger }) => [pixelId, ledger.delivered]));
  return {
    consumed: perSecond(from.consumed, to.consumed),
    delivered: perSecond(from.delivered, to.delivered),
    dead: perSecond(from.dead, to.dead),
    overMs,
    deliveredBy: Object.fromEntries(
      after.pixels.map(({ pixelId, ledger }) => [
        pixelId,
        perSecond(known.get(pixelId) ?? 0, ledger.delivered),
      ]),
    ),
  };
}

/** Rates are means over so long, in ms: one that jumps with every envelope says nothing. */
const WINDOW_MS = 10_000;

/** Remembers readings, and says how fast events flowed lately. */
export class Speedometer {
  private moments: Moment[] = [];

  take(moment: Moment): Rates | null {
    this.moments = this.moments.filter(({ at }) => at >= moment.at - WINDOW_MS);
    const [oldest] = this.moments;
    this.moments.push(moment);
    return oldest === undefined ? null : ratesBetween(oldest, moment);
  }
}
