import { HASHED_FIELDS, type HashedField } from '../event/server-event.ts';
import { type Draft, warn } from '../mapping/draft.ts';
import { isAbsent } from '../mapping/scalars.ts';
import type { Normaliser } from '../normalise/normaliser.ts';
import { NORMALISERS } from '../normalise/normalisers.ts';
import { canonical } from '../normalise/personal-value.ts';
import { FORMS, type Form } from './identifiers.ts';
import { type PlainField, USER_DATA } from './table.ts';

interface Place {
  /** The last step of the path. */
  readonly key: string;
  readonly path: string;
  /** A bit of its own for each field, set in the draft when the field is filled. */
  readonly bit: number;
}

/** Where a value goes that is hashed later, and how it is made canonical. */
export interface HashedUserDataField extends Place {
  readonly hashed: true;
  readonly field: HashedField;
  readonly normalise: Normaliser;
}

/** Where a value goes that is sent as it is, and the form that it must have. */
export interface PlainUserDataField extends Place {
  readonly hashed: false;
  readonly field: PlainField;
  readonly form: Form;
}

export type UserDataField = HashedUserDataField | PlainUserDataField;

const FIELDS: readonly string[] = [
  ...HASHED_FIELDS,
  ...USER_DATA.map(({ field }) => field).filter((field) => !isHashed(field)),
];

function isHashed(field: string): field is HashedField {
  return HASHED_FIELDS.includes(field as HashedField);
}

/** A field that is hashed, filled from a path that the table need not know. */
export function hashedField(field: HashedField, path: string): HashedUserDataField {
  return { ...placeOf(field, path), hashed: true, field, normalise: NORMALISERS[field] };
}

function plainField(field: PlainField, path: string): PlainUserDataField {
  return { ...placeOf(field, path), hashed: false, field, form: FORMS[field] };
}

function placeOf(field: string, path: string): Place {
  const key = path.slice(path.lastIndexOf('.') + 1);
  return { key, path, bit: 1 << FIELDS.indexOf(field) };
}

const USER_DATA_FIELDS: readonly UserDataField[] = USER_DATA.flatMap(({ field, from }) =>
  from.map((path) => (isHashed(field) ? hashedField(field, path) : plainField(field, path))),
);

/** What one object of a Track event, such as `context.traits`, has for `user_data`, by its keys. */
export function userDataFieldsIn(place: string): ReadonlyMap<string, UserDataField> {
  const found = USER_DATA_FIELDS.filter(({ key, path }) => path === `${place}.${key}`);
  return new Map(found.map((destination) => [destination.key, destination]));
}

/** @throws Error when the table has no such row: the table and who reads it disagree */
export function plainFieldAt(path: string): PlainUserDataField {
  const found = USER_DATA_FIELDS.find((destination) => destination.path === path);
  if (found?.hashed === false) return found;
  throw new Error(`the table of user data has no open field at ${path}`);
}

/** Values of one field that are sent at the most. */
export const MOST_VALUES = 20;

/**
 * Takes a value of a Track event into its field of `user_data`, unless an earlier place filled it.
 * False when it is of no use there.
 */
export function take(draft: Draft, destination: UserDataField, value: unknown): boolean {
  return destination.hashed
    ? takePersonal(draft, destination, value)
    : takeOpen(draft, destination, value);
}

/** For fields that are hashed later: one canonical value, or several distinct ones. */
export function takePersonal(draft: Draft, to: HashedUserDataField, value: unknown): boolean {
  if ((draft.filled & to.bit) !== 0) return true;
  const found = Array.isArray(value) ? several(draft, to, value) : one(draft, to, value);
  if (found === '') return false;
  draft.personal[to.field] = found;
  draft.filled |= to.bit;
  draft.trace?.(to.field, to.path);
  return true;
}

function one(draft: Draft, { normalise, path }: HashedUserDataField, value: unknown): string {
  const found = canonical(normalise, value, draft);
  if (typeof found === 'string') return found;
  warn(draft, found.code, path);
  return found.value ?? '';
}

function several(
  draft: Draft,
  to: HashedUserDataField,
  values: readonly unknown[],
): string | string[] {
  if (values.length > MOST_VALUES) warn(draft, 'too_many_values', to.path);
  const found = new Set<string>();
  for (const value of values.slice(0, MOST_VALUES)) found.add(one(draft, to, value));
  found.delete('');
  const [first = '', ...others] = found;
  return others.length === 0 ? first : [first, ...others];
}

/** For fields that are sent as they are. */
export function takeOpen(draft: Draft, to: PlainUserDataField, value: unknown): boolean {
  if ((draft.filled & to.bit) !== 0) return true;
  if (isAbsent(value)) return false;
  const found = to.form.read(value);
  if (found === null) {
    warn(draft, to.form.code, to.path);
    return false;
  }
  draft.user[to.field] = found;
  draft.filled |= to.bit;
  draft.trace?.(to.field, to.path);
  return true;
}
