import { HASHED_FIELDS, type HashedField } from '../event/server-event.ts';
import type { Json } from '../event/track-event.ts';
import { hashPersonal, hashShared } from '../privacy/hash.ts';

/** Fields whose values many people share. */
const SHARED = new Set<HashedField>(['fn', 'ln', 'ge', 'db', 'ct', 'st', 'zp', 'country']);

/** Field, the opening of its member (`,"em":`), and how its values are hashed. */
const MEMBERS = HASHED_FIELDS.map(
  (field) => [field, `,"${field}":`, SHARED.has(field) ? hashShared : hashPersonal] as const,
);

/**
 * The JSON members of the hashed personal fields, in a fixed order, each with a comma before it:
 * `,"em":"9f86…","ph":["…","…"]`.
 * @param personal one canonical value a field, or a list of them
 */
export function hashedMembers(personal: Json): string {
  let members = '';
  for (const [field, opening, hash] of MEMBERS) {
    const value = personal[field];
    if (typeof value === 'string') members += `${opening}"${hash(value)}"`;
    else if (Array.isArray(value)) {
      members += `${opening}${JSON.stringify(value.map((each) => hash(String(each))))}`;
    }
  }
  return members;
}

/**
 * The hashed members and the two brackets that complete a plain part without its own.
 * @param first true where `user_data` is still empty
 */
export function hashedTail(personal: Json, first: boolean): string {
  const members = hashedMembers(personal);
  return `${first ? members.slice(1) : members}}}`;
}
