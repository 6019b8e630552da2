import { hash } from 'node:crypto';

const HASHED = /^[0-9a-f]{64}$/;

/** True for a SHA-256 in lower-case hexadecimal. */
function isHashed(value: string): boolean {
  return value.length === 64 && HASHED.test(value);
}

/**
 * The SHA-256 of a canonical personal value in lower-case hexadecimal. A hash passes through, so that
 * hashing is idempotent.
 * Source: Meta, customer information parameters: "hashed with SHA-256".
 *
 * `crypto.hash` is one native call; `createHash` creates a stream for each value and costs three to four
 * times as much.
 */
export function hashPersonal(value: string): string {
  return isHashed(value) ? value : hash('sha256', value, 'hex');
}

/** How many hashes are cached. */
const MOST = 16_384;
const remembered = new Map<string, string>();

/**
 * The same for values that many people share, such as names and places: a lookup costs a third of
 * hashing. Like the events, the cache exists in memory only.
 */
export function hashShared(value: string): string {
  const known = remembered.get(value);
  if (known !== undefined) return known;
  if (remembered.size >= MOST) remembered.clear();
  const hashed = hashPersonal(value);
  remembered.set(value, hashed);
  return hashed;
}
