import {
  HASHED_FIELDS,
  type HashedField,
  type NormalisedEvent,
  type PersonalFields,
} from '../event/server-event.ts';
import { hashPersonal, hashShared } from '../privacy/hash.ts';

/** JSON of the clear part. It ends with the two brackets that close `user_data` and the event. */
export function clearJson(event: NormalisedEvent): string {
  return JSON.stringify(event.clear);
}

/** Fields whose values many people share. */
const SHARED: ReadonlySet<HashedField> = new Set([
  'fn',
  'ln',
  'ge',
  'db',
  'ct',
  'st',
  'zp',
  'country',
]);

/** Field, what stands before its values (`,"em":`), and how they are hashed. */
const MEMBERS = HASHED_FIELDS.map(
  (field) => [field, `,"${field}":`, SHARED.has(field) ? hashShared : hashPersonal] as const,
);

/**
 * The JSON members of the hashed personal fields, in a fixed order and each behind a comma:
 * `,"em":"9f86…","ph":["…","…"]`.
 */
export function hashedMembers(personal: PersonalFields): string {
  let members = '';
  for (const [field, opening, hash] of MEMBERS) {
    const value = personal[field];
    if (value === undefined) continue;
    members +=
      typeof value === 'string'
        ? `${opening}"${hash(value)}"`
        : `${opening}${JSON.stringify(value.map((each) => hash(each)))}`;
  }
  return members;
}

/**
 * The hashed members as they follow a clear part that is still open.
 *
 * @param first true where nothing stands in `user_data` yet
 */
export function closing(personal: PersonalFields, first: boolean): string {
  const members = hashedMembers(personal);
  return `${first ? members.slice(1) : members}}}`;
}

/** The server event exactly as it is sent: JSON text with every personal field hashed. */
export function sentJson(event: NormalisedEvent): string {
  const clear = clearJson(event);
  const open = clear.slice(0, -2);
  return open + closing(event.personal, open.endsWith('{'));
}
