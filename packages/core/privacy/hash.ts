import { hash } from 'node:crypto';

const HASHED = /^[0-9a-f]{64}$/;

/** True for a value that is a SHA-256 in lower-case hexadecimal already. */
function isHashed(value: string): boolean {
  return value.length === 64 && HASHED.test(value);
}

/**
 * The SHA-256 of a canonical personal value in lower-case hexadecimal; a value that is one already
 * passes through, so that hashing twice changes nothing.
 * Source: Meta, customer information parameters: "hashed with SHA-256".
 *
 * `crypto.hash` is one native call; `createHash` builds a stream object for each value and costs
 * three to four times as much.
 */
export function hashPersonal(value: string): string {
  return isHashed(value) ? value : hash('sha256', value, 'hex');
}

/** Values that are remembered. */
const MOST = 16_384;
const remembered = new Map<string, string>();

/**
 * The same for values that many people share, such as names and places: looking one up costs a third
 * of hashing it. What is remembered stays in memory, where the events themselves are.
 */
export function hashShared(value: string): string {
  const known = remembered.get(value);
  if (known !== undefined) return known;
  if (remembered.size >= MOST) remembered.clear();
  const hashed = hashPersonal(value);
  remembered.set(value, hashed);
  return hashed;
}
