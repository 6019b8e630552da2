import type { Json } from '../event/track-event.ts';
import { isAbsent, numberOf } from '../mapping/scalars.ts';
import {
  type FieldPath,
  isFault,
  parsePath,
  readFieldPath,
  type SourceFault,
} from './field-path.ts';
import { type Source, unknownKey } from './source.ts';

/** Digits of a sum that count: a sum of binary fractions differs from that of decimal prices after them. */
const PRECISION = 15;

const USAGE = 'write { sum: properties.products, of: price, times: quantity }';

/** `{ sum: properties.products, of: price, times: quantity }`. */
export function parseSum(form: Json): Source | SourceFault {
  const { sum, of, times = null } = form;
  if (typeof sum !== 'string' || typeof of !== 'string') {
    return { message: 'needs a list, and what to sum of each item', fix: USAGE };
  }
  if (times !== null && typeof times !== 'string') {
    return { message: 'has a factor that is not a path', fix: USAGE };
  }
  const unknown = unknownKey(form, ['sum', 'of', 'times']);
  if (unknown !== null) return unknown;
  const list = parsePath(sum);
  const value = parsePath(of);
  const factor = times === null ? null : parsePath(times);
  if (isFault(list)) return list;
  if (isFault(value)) return value;
  if (factor !== null && isFault(factor)) return factor;
  const path = sum.trim();
  return {
    kind: 'sum',
    origin: `sum of ${path}[].${of.trim()}${times === null ? '' : ` × ${times.trim()}`}`,
    path,
    reads: [list],
    read: (event) => sumOf(readFieldPath(event, list), value, factor),
  };
}

/**
 * NaN where an item has no number: a total without it would be wrong. An item without the factor counts
 * once. Undefined for no items.
 */
function sumOf(list: unknown, value: FieldPath, factor: FieldPath | null): number | undefined {
  if (isAbsent(list) || (Array.isArray(list) && list.length === 0)) return undefined;
  if (!Array.isArray(list)) return Number.NaN;
  let sum = 0;
  for (const item of list) {
    const number = numberOf(readFieldPath(item, value)) ?? Number.NaN;
    const times = factor === null ? undefined : readFieldPath(item, factor);
    sum += number * (isAbsent(times) ? 1 : (numberOf(times) ?? Number.NaN));
  }
  return Number(sum.toPrecision(PRECISION));
}
