import { NO_PIXEL } from '../keys.ts';
import type { Store } from '../store.ts';

/**
 * What became of every event of a pixel since its first one, kept in Redis in the same step as the
 * thing it counts, so that it holds across crashes: consumed = delivered +
 * filtered + dead + purged + queued + lost + parked.
 */
export type Ledger = Readonly<Record<(typeof LEDGER_FIELDS)[number], number>>;

export const LEDGER_FIELDS = [
  'consumed',
  'filtered',
  'delivered',
  /** Held as dead letters. */
  'dead',
  /** Dead letters that a person has thrown away. */
  'purged',
  /** In flight: in an envelope that is not settled. */
  'queued',
  /** Their envelope was no longer in Redis, and nothing says what became of them. */
  'lost',
  /** Consumed and in Kafka alone, because the lane is halted and the share of the pixel is full. */
  'parked',
] as const;

/** What a ledger gains or loses, by field. */
export type LedgerChange = Partial<Record<keyof Ledger | typeof PASSED, number>> &
  Record<ReturnType<typeof filteredField>, number>;

/** The field that counts what was filtered for a reason: part of `filtered`. */
export function filteredField(reason: string) {
  return `filtered:${reason}` as const;
}

/**
 * The field that says how many were filtered when an event was put into the queue last. A change by
 * any number sets it to what `filtered` is by then.
 */
export const PASSED = 'passed';

/** By how many events the ledger is out of balance; 0 is right. */
export function imbalance(ledger: Ledger): number {
  const { consumed, delivered, filtered, dead, purged, queued, lost, parked } = ledger;
  return consumed - delivered - filtered - dead - purged - queued - lost - parked;
}

/** The ledger of every pixel that was ever enqueued for, and of what belonged to none. */
export async function readLedgers(store: Store): Promise<Map<string, Ledger>> {
  return readLedgersOf(store, [
    ...(await store.redis.smembers(store.keys.pixels)).sort(),
    NO_PIXEL,
  ]);
}

/** The ledgers of some pixels; zeros where there is none yet. */
export async function readLedgersOf(
  { redis, keys }: Store,
  pixels: readonly string[],
): Promise<Map<string, Ledger>> {
  const rows = await Promise.all(
    pixels.map((pixel) => redis.hmget(keys.ledger(pixel), ...LEDGER_FIELDS)),
  );
  return new Map(pixels.map((pixel, index) => [pixel, toLedger(rows[index] ?? [])]));
}

export const NO_EVENTS: Ledger = toLedger([]);

function toLedger(row: readonly (string | null)[]): Ledger {
  const [consumed = 0, filtered = 0, delivered = 0, dead = 0, purged = 0, ...more] =
    row.map(Number);
  const [queued = 0, lost = 0, parked = 0] = more;
  return { consumed, filtered, delivered, dead, purged, queued, lost, parked };
}
