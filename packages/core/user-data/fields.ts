import { HASHED_FIELDS, type HashedField } from '../event/server-event.ts';
import { type Draft, warn } from '../mapping/draft.ts';
import { isAbsent } from '../mapping/scalars.ts';
import type { Normaliser } from '../normalise/normaliser.ts';
import { NORMALISERS } from '../normalise/normalisers.ts';
import { canonical } from '../normalise/personal-value.ts';
import { type FieldFormat, FORMATS, isTimely } from './identifiers.ts';
import { type PlainField, USER_DATA } from './table.ts';

interface Origin {
  /** The last step of the path. */
  readonly key: string;
  readonly path: string;
  /** The field's own bit in `Draft.filled`, set once the field has a value. */
  readonly bit: number;
}

/** A field whose values are hashed when they are sent, and how they are made canonical. */
export interface HashedUserDataField extends Origin {
  readonly hashed: true;
  readonly field: HashedField;
  readonly normalise: Normaliser;
}

/** A field whose value is sent as it is, and the format that the value must have. */
export interface PlainUserDataField extends Origin {
  readonly hashed: false;
  readonly field: PlainField;
  readonly format: FieldFormat;
}

/** A field of `user_data` and one path that it is read from. */
export type UserDataField = HashedUserDataField | PlainUserDataField;

const HASHED: ReadonlySet<string> = new Set(HASHED_FIELDS);

function isHashed(field: HashedField | PlainField): field is HashedField {
  return HASHED.has(field);
}

/** Every field of `user_data`. */
export const USER_DATA_NAMES: ReadonlySet<HashedField | PlainField> = new Set([
  ...HASHED_FIELDS,
  ...USER_DATA.map(({ field }) => field),
]);

/** A bitwise operation knows 32 bits, and the last one is the sign. */
const MOST_BITS = 31;

/**
 * Field → its bit. A bit is of use only while one event is mapped: it is never stored, so that a field
 * may come anywhere in the table.
 */
const BITS = bitsOf(USER_DATA_NAMES);

function bitsOf(fields: ReadonlySet<string>): ReadonlyMap<string, number> {
  if (fields.size > MOST_BITS) throw new Error(`user_data has more than ${MOST_BITS} fields`);
  return new Map([...fields].map((field, index) => [field, 1 << index]));
}

/** A hashed field, filled from a path that the table need not contain. */
export function hashedField(field: HashedField, path: string): HashedUserDataField {
  return { ...originOf(field, path), hashed: true, field, normalise: NORMALISERS[field] };
}

function plainField(field: PlainField, path: string): PlainUserDataField {
  return { ...originOf(field, path), hashed: false, field, format: FORMATS[field] };
}

/** Any field, filled from a path that the table need not contain. */
export function userDataField(field: HashedField | PlainField, path: string): UserDataField {
  return isHashed(field) ? hashedField(field, path) : plainField(field, path);
}

function originOf(field: string, path: string): Origin {
  const bit = BITS.get(field);
  if (bit === undefined) throw new Error(`${field} is not a field of user_data`);
  return { key: path.slice(path.lastIndexOf('.') + 1), path, bit };
}

const USER_DATA_FIELDS: readonly UserDataField[] = USER_DATA.flatMap(({ field, from }) =>
  from.map((path) => userDataField(field, path)),
);

/** The fields that are read from one object of a Track event, such as `context.traits`, by key. */
export function userDataFieldsIn(place: string): ReadonlyMap<string, UserDataField> {
  const found = USER_DATA_FIELDS.filter(({ key, path }) => path === `${place}.${key}`);
  return new Map(found.map((field) => [field.key, field]));
}

/** @throws Error when the table has no such row: the table and its reader disagree */
export function plainFieldAt(path: string): PlainUserDataField {
  const found = USER_DATA_FIELDS.find((field) => field.path === path);
  if (found?.hashed === false) return found;
  throw new Error(`the table of user data has no plain field at ${path}`);
}

/** Values of one field that are sent at the most. */
export const MOST_VALUES = 20;

/**
 * Takes a value of a Track event into its field of `user_data`, unless an earlier place filled it.
 * False when it is of no use there.
 */
export function fillField(draft: Draft, field: UserDataField, value: unknown): boolean {
  return field.hashed ? fillHashed(draft, field, value) : fillPlain(draft, field, value);
}

/** For fields that are hashed later: one canonical value, or several distinct ones. */
export function fillHashed(draft: Draft, to: HashedUserDataField, value: unknown): boolean {
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
export function fillPlain(draft: Draft, to: PlainUserDataField, value: unknown): boolean {
  if ((draft.filled & to.bit) !== 0) return true;
  if (isAbsent(value)) return false;
  const found = to.format.read(value);
  if (found === null) {
    warn(draft, to.format.code, to.path);
    return false;
  }
  if (to.field === 'fbc' && !isTimely(found, draft.timeMs)) {
    warn(draft, 'untimely_fbc', to.path);
    return false;
  }
  draft.user[to.field] = found;
  draft.filled |= to.bit;
  draft.trace?.(to.field, to.path);
  return true;
}
