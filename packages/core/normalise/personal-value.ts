import type { FlaggedValue, Hints, Normaliser } from './normaliser.ts';

const HASH_LENGTH = 64;
/** With or without the suffix that Meta's parameter builder appends to its hashes. */
const HASH = /^[0-9a-f]{64}(?:\.(?:\w{2}|[\w-]{8}))?$/i;

/** SHA-256 of the empty string: a sender that hashes may have had no value. */
const HASH_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** No name, address or ID is longer. */
const LONGEST = 512;

const UNUSABLE: FlaggedValue = { value: null, code: 'unusable_value' };

/**
 * One personal value of a Track event → its canonical form; an empty string when there is none.
 *
 * Integers count as their digits; other numbers are not a phone, code or ID. A SHA-256 hash is kept, in
 * lower case and without a suffix. A value of which nothing is left is absent: the hash of an empty
 * string is never sent.
 * Source: Meta, customer information parameters, "hashing required".
 */
export function canonical(
  normalise: Normaliser,
  value: unknown,
  hints: Hints,
): string | FlaggedValue {
  if (typeof value === 'string') return canonicalText(normalise, value.trim(), hints);
  if (value === null || value === undefined) return '';
  return Number.isSafeInteger(value) ? canonicalText(normalise, String(value), hints) : UNUSABLE;
}

function canonicalText(normalise: Normaliser, text: string, hints: Hints): string | FlaggedValue {
  if (text === '') return '';
  if (text.length >= HASH_LENGTH && HASH.test(text)) return hashOf(text);
  if (text.length > LONGEST) return UNUSABLE;
  const result = normalise(text, hints);
  return result === '' ? UNUSABLE : result;
}

function hashOf(text: string): string | FlaggedValue {
  const hash = text.slice(0, HASH_LENGTH).toLowerCase();
  return hash === HASH_OF_NOTHING ? UNUSABLE : hash;
}
