import { FIND_RECEIPTS } from '../lua/receipts.ts';
import { runScript } from '../lua/scripts.ts';
import type { Store } from '../store.ts';
import { NAME_BYTES } from './names.ts';
import { NAME_WIDTHS, type NamedBy, parseReceiptFacts, type ReceiptFacts } from './receipt.ts';

/** What one receipt says of one event. */
export interface FoundReceipt extends ReceiptFacts {
  /** When it was written, Unix ms. */
  readonly writtenAt: number;
  /** The name of its position in Kafka. */
  readonly position: Buffer;
}

/** Receipts that Redis searches in one step: about a millisecond. */
const STEP = 256;

/** More finds of one search are left out: an id that a producer gives to every message has millions. */
const MOST_FOUND = 1000;

/** What is kept in parts. */
type Kept = 'receipts' | 'repeated';

/**
 * Since when receipts are kept, or names of events in the window, Unix ms; and their bytes, or how many
 * names. Null where there are none.
 */
export async function heldInParts(
  store: Store,
  what: Kept,
): Promise<{ readonly since: number; readonly bytes: number } | null> {
  const parts = await readParts(store, what);
  if (parts.length === 0) return null;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return { since: Math.min(...parts.map(({ since }) => since)) * 1000, bytes };
}

/**
 * What receipts say of any of these names, the oldest first. Redis searches them, so that they need
 * not be sent: a gibibyte takes some seconds, in steps between which Redis does other work.
 * @param since Unix ms
 */
export async function findReceipts(
  store: Store,
  namedBy: NamedBy,
  names: readonly Buffer[],
  since = 0,
): Promise<FoundReceipt[]> {
  if (names.length === 0) return [];
  const found: FoundReceipt[] = [];
  const width = NAME_WIDTHS[namedBy];
  const wanted = names.flatMap((name) => [namedBy, width, name]);
  for (const { n } of (await readParts(store, 'receipts')).reverse()) {
    const keys = [`${store.keys.receipts}:${n}`];
    for (let from = '+'; from !== '' && found.length < MOST_FOUND; ) {
      const args = [from, since === 0 ? '-' : since, STEP, ...wanted];
      const [last, finds] = await runScript(store.redis, FIND_RECEIPTS, { keys, args });
      for (const [id, facts, hex] of finds) found.push(receiptOf(id, facts, hex));
      from = last === '' ? '' : `(${last}`;
    }
  }
  return found.slice(0, MOST_FOUND).reverse();
}

function receiptOf(id: string, facts: string, hex: string): FoundReceipt {
  const names = Buffer.from(hex, 'hex');
  const position = names.subarray(names.length - NAME_BYTES);
  return { ...parseReceiptFacts(facts.slice(1)), writtenAt: Number(id.split('-')[0]), position };
}

/** The parts, the oldest first; `since` is Unix seconds. */
async function readParts({ redis, keys }: Store, what: Kept) {
  const parts = Object.entries(await redis.hgetall(keys[what])).map(([n, text]) => {
    const [since = Number.NaN, bytes = Number.NaN] = text.split(' ').map(Number);
    return { n: Number(n), since, bytes };
  });
  return parts
    .filter(({ n, since, bytes }) => [n, since, bytes].every(Number.isSafeInteger))
    .sort((a, b) => a.n - b.n);
}
