import { type Draft, warn } from '../mapping/draft.ts';
import { isAbsent } from '../mapping/scalars.ts';
import { canonical } from '../normalise/personal-value.ts';
import type { Destination, OpenDestination, PersonalDestination } from './destinations.ts';

/** Values of one field that are sent at the most. */
export const MOST_VALUES = 20;

/**
 * Takes a value of a Track event into its field of `user_data`, unless an earlier place filled it.
 * False when it is of no use there.
 */
export function take(draft: Draft, destination: Destination, value: unknown): boolean {
  return destination.hashed
    ? takePersonal(draft, destination, value)
    : takeOpen(draft, destination, value);
}

/** For fields that are hashed later: one canonical value, or several distinct ones. */
export function takePersonal(draft: Draft, to: PersonalDestination, value: unknown): boolean {
  if ((draft.filled & to.bit) !== 0) return true;
  const found = Array.isArray(value) ? several(draft, to, value) : one(draft, to, value);
  if (found === '') return false;
  draft.personal[to.field] = found;
  draft.filled |= to.bit;
  draft.trace?.(to.field, to.path);
  return true;
}

function one(draft: Draft, { normalise, path }: PersonalDestination, value: unknown): string {
  const found = canonical(normalise, value, draft);
  if (typeof found === 'string') return found;
  warn(draft, found.code, path);
  return found.value ?? '';
}

function several(
  draft: Draft,
  to: PersonalDestination,
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
export function takeOpen(draft: Draft, to: OpenDestination, value: unknown): boolean {
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
