import { createHash } from 'node:crypto';

/** What an implementation makes of a value. */
export type Result =
  | { readonly sent: unknown }
  /** Nothing is sent in this field. */
  | 'nothing'
  /** The whole event goes no further; the word is ours, `throws` is a library's. */
  | { readonly refused: string };

/**
 * A result that was written down with its values readable, as it is seen: as a list of hashes. What
 * is a hash already stays.
 */
export function hashed(result: Result, isHash: (value: string) => boolean): Result {
  if (typeof result === 'string' || 'refused' in result) return result;
  const hash = (value: unknown): unknown =>
    typeof value !== 'string' || isHash(value)
      ? value
      : createHash('sha256').update(value, 'utf8').digest('hex');
  return { sent: [result.sent].flat().map(hash) };
}

/** One value and a list of one value are the same to Meta. */
export function listed(result: Result): Result {
  if (typeof result === 'string' || 'refused' in result) return result;
  return { sent: [result.sent].flat() };
}

/** What stands at a place of a JSON text, where something does. */
export function sentAt(json: string, path: string): Result {
  let value: unknown = JSON.parse(json);
  for (const step of path.split('.')) value = (value as Record<string, unknown>)?.[step];
  return value === undefined ? 'nothing' : { sent: value };
}
