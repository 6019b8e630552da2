import { readPath, type Steps } from '../event/path.ts';
import { ParseFault } from '../text/parse-fault.ts';

/**
 * A path in a Track event, in parts that are separated by a step into every item of a list:
 * `properties.items[].sku` is two.
 */
export type FieldPath = readonly Steps[];

const LONGEST = 256;
const MOST_STEPS = 16;
/** Nested lists are flattened; more levels than this are a mistake. */
const MOST_LISTS = 2;

/** Members that every object has; no field of an event is meant by them. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** A name, a place in a list, every place in a list, or a name in quotes. */
const STEP = /\.?(?:([^.[\]]+)|\[(\d{1,6})\]|\[(\])|\["([^"]*)"\]|\['([^']*)'\])/y;

const EXAMPLE = 'write it like context.traits.email, properties.items[].sku or properties["a.b"]';

/**
 * Reads `a.b[0].c`, `a[].b` and `a["b.c"]`; a leading `$.` as in JSONPath does not count.
 * @throws ParseFault
 */
export function parsePath(written: string): FieldPath {
  const text = written.trim().replace(/^\$\.?/, '');
  if (text === '') throw new ParseFault('is an empty path', EXAMPLE);
  if (text.length > LONGEST) {
    throw new ParseFault(`is longer than ${LONGEST} characters`, 'write a shorter path');
  }
  const parts = partsOf(text);
  if (parts === null) throw new ParseFault('is not a path', EXAMPLE);
  const steps = parts.flat();
  const forbidden = steps.find((step) => FORBIDDEN.has(step));
  if (forbidden !== undefined) {
    throw new ParseFault(`contains ${forbidden}, which is no field of an event`, 'remove it');
  }
  if (steps.length > MOST_STEPS || parts.length > MOST_LISTS + 1) {
    const fix = `use at most ${MOST_STEPS} steps and ${MOST_LISTS} lists`;
    throw new ParseFault('has too many steps', fix);
  }
  return parts;
}

/** Null for what is not a path. */
function partsOf(text: string): string[][] | null {
  const parts: string[][] = [[]];
  for (let at = 0; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const found = STEP.exec(text);
    if (found === null) return null;
    const [whole, name, index, list, double, single] = found;
    const isFirst = at === 0;
    // A name needs a point before it, unless it is the first; what is in brackets must not have one.
    if (name === undefined ? whole.startsWith('.') : whole.startsWith('.') === isFirst) return null;
    if (list !== undefined) {
      if (isFirst) return null;
      parts.push([]);
      continue;
    }
    const step = name ?? index ?? double ?? single ?? '';
    if (step === '' || step === '*' || step === '$' || step !== step.trim()) return null;
    parts.at(-1)?.push(step);
  }
  return parts;
}

/** The value at a path; of a path into lists, the values that are there, in one list. */
export function readFieldPath(event: unknown, [first = [], ...lists]: FieldPath): unknown {
  const value = readPath(event, first);
  return lists.length === 0 ? value : valuesIn(value, lists);
}

/** Undefined where there is no list. */
function valuesIn(list: unknown, [steps = [], ...deeper]: FieldPath): unknown[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const found: unknown[] = [];
  for (const item of list) {
    const value = readPath(item, steps);
    const values = deeper.length === 0 ? [value] : (valuesIn(value, deeper) ?? []);
    for (const each of values) if (each !== undefined && each !== null) found.push(each);
  }
  return found.length === 0 ? undefined : found;
}
