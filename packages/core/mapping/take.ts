import { canonical } from '../normalise/personal-value.ts';
import { NORMALISERS } from '../normalise/table.ts';
import type { HashedField } from '../server-event.ts';
import { type Draft, warn } from './draft.ts';
import { FORMS } from './identifiers.ts';
import { isAbsent } from './scalars.ts';
import type { Destination, OpenField } from './user-data-table.ts';

/** Values of one field that are sent at the most. */
const MOST_VALUES = 20;

/**
 * Takes a value of a Track event into its field of `user_data`, unless an earlier place filled it.
 * False when it is of no use there.
 */
export function take(draft: Draft, destination: Destination, value: unknown): boolean {
  return destination.hashed
    ? takePersonal(draft, destination.field, value, destination.path)
    : takeOpen(draft, destination.field, value, destination.path);
}

/** For fields that are hashed later: one canonical value, or several distinct ones. */
export function takePersonal(
  draft: Draft,
  field: HashedField,
  value: unknown,
  path: string,
): boolean {
  if (draft.personal[field] !== undefined) return true;
  const found = Array.isArray(value)
    ? several(draft, field, value, path)
    : one(draft, field, value, path);
  if (found === '') return false;
  draft.personal[field] = found;
  draft.trace?.(field, path);
  return true;
}

function one(draft: Draft, field: HashedField, value: unknown, path: string): string {
  const found = canonical(NORMALISERS[field], value, draft);
  if (typeof found === 'string') return found;
  warn(draft, found.code, path);
  return found.value ?? '';
}

function several(
  draft: Draft,
  field: HashedField,
  values: readonly unknown[],
  path: string,
): string | string[] {
  if (values.length > MOST_VALUES) warn(draft, 'too_many_values', path);
  const found = new Set<string>();
  for (const value of values.slice(0, MOST_VALUES)) found.add(one(draft, field, value, path));
  found.delete('');
  const [first = '', ...others] = found;
  return others.length === 0 ? first : [first, ...others];
}

/** For fields that are sent as they are. */
export function takeOpen(draft: Draft, field: OpenField, value: unknown, path: string): boolean {
  if (draft.user[field] !== undefined) return true;
  if (isAbsent(value)) return false;
  const form = FORMS[field];
  const found = form.read(value);
  if (found === null) {
    warn(draft, form.code, path);
    return false;
  }
  draft.user[field] = found;
  draft.trace?.(field, path);
  return true;
}
