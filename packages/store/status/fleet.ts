import type { Halt } from '#core/delivery/halt.ts';
import { type NamedPixel, pixelLabel } from '#core/pixel-names.ts';
import { createLaneBoard, type PostedHalt } from '../delivery/lane-board.ts';
import { readUnreadable, type Unreadable } from '../delivery/poison.ts';
import { NO_PIXEL } from '../keys.ts';
import { type Parked, readAllParked, sumParked } from '../parking/ranges.ts';
import type { Store } from '../store.ts';
import { type LaneDepth, readDepth, readLaneDepths } from './depth.ts';
import { type Filtered, NOTHING_FILTERED, readFiltered } from './filtered.ts';
import { imbalance, LEDGER_FIELDS, type Ledger, NO_EVENTS, readLedgers } from './ledger.ts';

/** Whether events of a pixel flow to Meta, in every worker alike. */
export type LaneStatus = typeof ACTIVE | HaltStatus;

interface HaltStatus extends Pick<Halt, 'state' | 'why' | 'pause'> {
  /** When it is probed, Unix ms; null for a paused lane, which waits for a person. */
  readonly until: number | null;
}

/** What is known of a pixel without asking any process. */
export interface PixelStatus extends Omit<LaneDepth, 'failed'> {
  readonly pixelId: string;
  /** What the configuration calls it. */
  readonly name?: string | undefined;
  /** False for one that has a past here and is no longer configured. */
  readonly configured: boolean;
  readonly ledger: Ledger;
  readonly filtered: Filtered;
  /** What workers found that their sealing keys do not open. */
  readonly unreadable: Unreadable;
  readonly lane: LaneStatus;
  /** What stays in Kafka while the lane is halted; null where nothing does. */
  readonly parked: Parked | null;
}

export interface FleetStatus {
  readonly pixels: readonly PixelStatus[];
  /** Of messages whose pixel could not be told. */
  readonly none: Ledger;
  readonly noneFiltered: Filtered;
  /** Used share of `maxmemory`; 0 when Redis has no limit. */
  readonly memoryRatio: number;
  /** When it was read, Unix ms. */
  readonly at: number;
}

const ACTIVE = { state: 'active', why: null, until: null } as const;

/** Reads where every event is, and what halts those that do not flow. */
export async function readFleet(
  store: Store,
  configured: readonly NamedPixel[],
): Promise<FleetStatus> {
  const ledgers = await readLedgers(store);
  const known = [...ledgers.keys()].filter((pixelId) => pixelId !== NO_PIXEL);
  const names = new Map(configured.map(({ pixelId, name }) => [pixelId, name]));
  const pixelIds = [...new Set([...names.keys(), ...known])];
  const [depths, filtered, unreadable, halts, { memoryRatio }, places] = await Promise.all([
    readLaneDepths(store, pixelIds),
    readFiltered(store, [...pixelIds, NO_PIXEL]),
    readUnreadable(store, pixelIds),
    createLaneBoard(store).read(),
    readDepth(store, []),
    readAllParked(store),
  ]);
  const parked = sumParked(places);
  const pixels = [...depths].map(
    ([pixelId, { failed: _, ...depth }]): PixelStatus => ({
      pixelId,
      name: names.get(pixelId),
      configured: names.has(pixelId),
      ledger: ledgers.get(pixelId) ?? NO_EVENTS,
      filtered: filtered.get(pixelId) ?? NOTHING_FILTERED,
      unreadable: unreadable.get(pixelId) ?? { envelopes: 0, reasons: [] },
      lane: laneOf(halts.get(pixelId)),
      parked: parked.get(pixelId) ?? null,
      ...depth,
    }),
  );
  const none = ledgers.get(NO_PIXEL) ?? NO_EVENTS;
  const noneFiltered = filtered.get(NO_PIXEL) ?? NOTHING_FILTERED;
  return { pixels, none, noneFiltered, memoryRatio, at: Date.now() };
}

function laneOf(posted: PostedHalt | undefined): LaneStatus {
  if (posted === undefined) return ACTIVE;
  const { halt } = posted;
  return halt.state === 'paused' ? { ...halt, until: null } : halt;
}

/** All of it together. */
export function totalOf({ pixels, none }: FleetStatus): Ledger {
  const total = { ...none };
  for (const { ledger } of pixels) {
    for (const field of LEDGER_FIELDS) total[field] += ledger[field];
  }
  return total;
}

/** A pixel of the fleet as people are shown it. */
export function labelIn({ pixels }: FleetStatus, pixelId: string): string {
  return pixelLabel(pixels.find((each) => each.pixelId === pixelId) ?? { pixelId });
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
