import type { HaltState } from '#core/delivery/halt.ts';
import { createLaneBoard } from '../delivery/lane-board.ts';
import { NO_PIXEL } from '../keys.ts';
import type { Store } from '../store.ts';
import { readLaneDepths } from './depth.ts';
import { imbalance, LEDGER_FIELDS, type Ledger, NO_EVENTS, readLedgers } from './ledger.ts';

/** Whether events of a pixel flow to Meta, in every worker alike. */
export interface LaneStatus {
  readonly state: 'active' | HaltState;
  /** In words; null for an active lane. */
  readonly why: string | null;
  /** Unix ms until which nothing is sent, and when it is probed; null for an active lane. */
  readonly until: number | null;
}

/** What is known of a pixel without asking any process. */
export interface PixelStatus {
  readonly pixelId: string;
  /** False for one that has a past here and is no longer configured. */
  readonly configured: boolean;
  readonly ledger: Ledger;
  readonly lane: LaneStatus;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  /** When the oldest waiting envelope was queued, Unix ms; null when none waits. */
  readonly oldestAt: number | null;
}

export interface FleetStatus {
  readonly pixels: readonly PixelStatus[];
  /** Of messages whose pixel could not be told. */
  readonly none: Ledger;
}

const ACTIVE: LaneStatus = { state: 'active', why: null, until: null };

/** Reads where every event is, and what halts those that do not flow. */
export async function readFleet(store: Store, configured: readonly string[]): Promise<FleetStatus> {
  const ledgers = await readLedgers(store);
  const known = [...ledgers.keys()].filter((pixelId) => pixelId !== NO_PIXEL);
  const pixelIds = [...new Set([...configured, ...known])];
  const [depths, halts] = await Promise.all([
    readLaneDepths(store, pixelIds),
    createLaneBoard(store).read(),
  ]);
  const pixels = pixelIds.map((pixelId): PixelStatus => {
    const { waiting = 0, active = 0, delayed = 0, oldestAt = null } = depths.get(pixelId) ?? {};
    return {
      pixelId,
      configured: configured.includes(pixelId),
      ledger: ledgers.get(pixelId) ?? NO_EVENTS,
      lane: halts.get(pixelId)?.halt ?? ACTIVE,
      waiting,
      active,
      delayed,
      oldestAt,
    };
  });
  return { pixels, none: ledgers.get(NO_PIXEL) ?? NO_EVENTS };
}

/** All of it together. */
export function totalOf({ pixels, none }: FleetStatus): Ledger {
  const total = { ...none };
  for (const { ledger } of pixels) {
    for (const field of LEDGER_FIELDS) total[field] += ledger[field];
  }
  return total;
}

/** The ledgers that do not add up, by pixel. */
export function unbalanced({ pixels, none }: FleetStatus): [pixelId: string, by: number][] {
  const all = [
    ...pixels.map(({ pixelId, ledger }) => [pixelId, ledger] as const),
    [NO_PIXEL, none] as const,
  ];
  return all.flatMap(([pixelId, ledger]) => {
    const by = imbalance(ledger);
    return by === 0 ? [] : [[pixelId, by]];
  });
}
