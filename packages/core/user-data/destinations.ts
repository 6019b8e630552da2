import { HASHED_FIELDS, type HashedField } from '../event/server-event.ts';
import type { Normaliser } from '../normalise/normaliser.ts';
import { NORMALISERS } from '../normalise/table.ts';
import { FORMS, type Form } from './identifiers.ts';
import { type OpenField, USER_DATA } from './user-data-table.ts';

interface Place {
  /** The last step of the path. */
  readonly key: string;
  readonly path: string;
  /** A bit of its own for each field, set in the draft when the field is filled. */
  readonly bit: number;
}

/** Where a value goes that is hashed later, and how it is made canonical. */
export interface PersonalDestination extends Place {
  readonly hashed: true;
  readonly field: HashedField;
  readonly normalise: Normaliser;
}

/** Where a value goes that is sent as it is, and the form that it must have. */
export interface OpenDestination extends Place {
  readonly hashed: false;
  readonly field: OpenField;
  readonly form: Form;
}

export type Destination = PersonalDestination | OpenDestination;

const FIELDS: readonly string[] = [
  ...HASHED_FIELDS,
  ...USER_DATA.map(({ field }) => field).filter((field) => !isHashed(field)),
];

function isHashed(field: string): field is HashedField {
  return HASHED_FIELDS.includes(field as HashedField);
}

/** A field that is hashed, filled from a path that the table need not know. */
export function personalDestination(field: HashedField, path: string): PersonalDestination {
  return { ...placeOf(field, path), hashed: true, field, normalise: NORMALISERS[field] };
}

function openDestination(field: OpenField, path: string): OpenDestination {
  return { ...placeOf(field, path), hashed: false, field, form: FORMS[field] };
}

function placeOf(field: string, path: string): Place {
  const key = path.slice(path.lastIndexOf('.') + 1);
  return { key, path, bit: 1 << FIELDS.indexOf(field) };
}

const DESTINATIONS: readonly Destination[] = USER_DATA.flatMap(({ field, from }) =>
  from.map((path) =>
    isHashed(field) ? personalDestination(field, path) : openDestination(field, path),
  ),
);

/** What one object of a Track event, such as `context.traits`, has for `user_data`, by its keys. */
export function destinationsIn(place: string): ReadonlyMap<string, Destination> {
  const found = DESTINATIONS.filter(({ key, path }) => path === `${place}.${key}`);
  return new Map(found.map((destination) => [destination.key, destination]));
}

/** @throws Error when the table has no such row: the table and who reads it disagree */
export function openDestinationAt(path: string): OpenDestination {
  const found = DESTINATIONS.find((destination) => destination.path === path);
  if (found?.hashed === false) return found;
  throw new Error(`the table of user data has no open field at ${path}`);
}
