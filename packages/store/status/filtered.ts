import { ALL_FILTER_REASONS } from '#core/mapping/mapping-result.ts';
import { NO_PIXEL } from '../keys.ts';
import type { Store } from '../store.ts';
import { filteredField, type Ledger, PASSED } from './ledger.ts';

/** Why events of a pixel were filtered, as its ledger keeps it. */
export interface Filtered {
  /** Reason → events, the most frequent first; a release before this count wrote none. */
  readonly reasons: readonly (readonly [reason: string, events: number])[];
  /** How many were filtered since an event was put into the queue; of no pixel: into any queue. */
  readonly unbroken: number;
}

export const NOTHING_FILTERED: Filtered = { reasons: [], unbroken: 0 };

/** A replay knows one more: the event of a rule that is there no longer. */
const REASONS = [...ALL_FILTER_REASONS, 'no_rule'];

export async function readFiltered(
  { redis, keys }: Store,
  pixels: readonly string[],
): Promise<Map<string, Filtered>> {
  const fields = ['filtered', PASSED, ...REASONS.map(filteredField)];
  const rows = await Promise.all(pixels.map((pixel) => redis.hmget(keys.ledger(pixel), ...fields)));
  return new Map(pixels.map((pixel, index) => [pixel, toFiltered(rows[index] ?? [])]));
}

function toFiltered([filtered, passed, ...counts]: readonly (string | null)[]): Filtered {
  const reasons = REASONS.map((reason, index) => [reason, Number(counts[index])] as const)
    .filter(([, events]) => events > 0)
    .sort(([, a], [, b]) => b - a);
  // Nothing has passed since the reasons are counted.
  if (passed == null) return { reasons, unbroken: sumOf(reasons) };
  return { reasons, unbroken: Math.max(Number(filtered) - Number(passed), 0) };
}

function sumOf(reasons: Filtered['reasons']): number {
  return reasons.reduce((sum, [, events]) => sum + events, 0);
}

/** What was filtered of everything. */
export function allFiltered(parts: readonly Filtered[]): Filtered['reasons'] {
  const sums = new Map<string, number>();
  for (const [reason, events] of parts.flatMap(({ reasons }) => reasons)) {
    sums.set(reason, (sums.get(reason) ?? 0) + events);
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}

/** Events come in, and all of them are filtered. */
export interface Drain {
  /** NO_PIXEL where they go to no pixel. */
  readonly pixelId: string;
  /** How many in a row. */
  readonly events: number;
  /** The most frequent reason; null where it is not known. */
  readonly reason: string | null;
  /** Whether the row is too long for chance. */
  readonly certain: boolean;
}

interface Flow {
  readonly pixels: readonly {
    readonly pixelId: string;
    readonly configured: boolean;
    readonly ledger: Ledger;
    readonly filtered: Filtered;
  }[];
  readonly none: Ledger;
  readonly noneFiltered: Filtered;
}

/** Fewer in a row say little. */
const FEWEST = 20;

/**
 * A row of this many times the usual number is no chance: where one of n events passes, 20 n are
 * filtered in a row once in e^20 times.
 */
const TIMES_USUAL = 20;

/** The pixels of which events are consumed, and none is delivered any more. */
export function drainsOf({ pixels, none, noneFiltered }: Flow): Drain[] {
  const own = pixels.filter(({ configured }) => configured);
  const passed = ({ consumed, filtered }: Ledger): number => consumed - filtered;
  const all = pixels.reduce((sum, { ledger }) => sum + passed(ledger), 0);
  return [
    ...drainOf(NO_PIXEL, noneFiltered, none.filtered, all),
    ...own.flatMap(({ pixelId, filtered, ledger }) =>
      drainOf(pixelId, filtered, ledger.filtered, passed(ledger)),
    ),
  ];
}

function drainOf(
  pixelId: string,
  { reasons, unbroken }: Filtered,
  filtered: number,
  passed: number,
): Drain[] {
  const usual = (filtered - unbroken) / Math.max(passed, 1);
  const fewest = passed === 0 ? 1 : Math.max(FEWEST, TIMES_USUAL * usual);
  if (unbroken < fewest) return [];
  const reason = reasons[0]?.[0] ?? null;
  return [{ pixelId, events: unbroken, reason, certain: unbroken >= FEWEST }];
}
