import type { Json } from '../event/track-event.ts';
import { isAbsent, numberOf } from '../mapping/scalars.ts';
import { ParseFault } from '../text/parse-fault.ts';
import { type FieldPath, parsePath, readFieldPath } from './field-path.ts';
import { refuseOtherKeys, type Source } from './source.ts';

/** Digits of a sum that count: a sum of binary fractions differs from that of decimal prices after them. */
const PRECISION = 15;

const USAGE = 'write { sum: properties.products, of: price, times: quantity }';

/** `{ sum: properties.products, of: price, times: quantity }`. @throws ParseFault */
export function parseSum(form: Json): Source {
  const { sum, of, times = null } = form;
  if (typeof sum !== 'string' || typeof of !== 'string') {
    throw new ParseFault('needs a list, and what to sum of each item', USAGE);
  }
  if (times !== null && typeof times !== 'string') {
    throw new ParseFault('has a factor that is not a path', USAGE);
  }
  refuseOtherKeys(form, ['sum', 'of', 'times']);
  const list = parsePath(sum);
  const value = parsePath(of);
  const factor = times === null ? null : parsePath(times);
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
