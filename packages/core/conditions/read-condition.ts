import { compilePath } from '../event/path.ts';
import { asObject, type Json } from '../event/track-event.ts';
import type { Comparable, Condition } from './condition.ts';
import { compilePattern } from './pattern.ts';

/** What is wrong in a condition, and where. */
export interface ConditionFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly fix: string;
}

/** Reports a fault below where it is called. */
type Report = (path: ConditionFault['path'], message: string, fix: string) => void;

const TESTS = ['equals', 'in', 'prefix', 'matches', 'exists'] as const;
const COMBINATIONS = ['not', 'any', 'all'] as const;
const FORMS = 'path with one of equals, in, prefix, matches, exists; or not, any, all';

/** Deeper ones are refused, so that reading them cannot exhaust the stack. */
const DEEPEST = 20;

/** Of one whole condition. */
const MOST_PARTS = 1000;

/** Reads a condition from the configuration: null, and every fault reported, when it is none. */
export function readCondition(
  value: unknown,
): { readonly condition: Condition } | { readonly faults: readonly ConditionFault[] } {
  const faults: ConditionFault[] = [];
  const report: Report = (path, message, fix) => void faults.push({ path, message, fix });
  const condition = new ConditionReader().read(value, 0, report);
  return condition === null || faults.length > 0 ? { faults } : { condition };
}

class ConditionReader {
  private parts = 0;

  /** Null when it is no condition, which is reported then. */
  read(value: unknown, depth: number, report: Report): Condition | null {
    this.parts += 1;
    const object = asObject(value);
    if (this.parts > MOST_PARTS) {
      // Reported once: every other part would say the same.
      if (this.parts === MOST_PARTS + 1) {
        report([], `has more than ${MOST_PARTS} parts`, 'use in for lists of values');
      }
    } else if (depth > DEEPEST) {
      report([], `is nested more than ${DEEPEST} deep`, 'join conditions with all or any');
    } else if (object === null) report([], 'must be a condition', `write ${FORMS}`);
    else return this.readObject(object, depth, report);
    return null;
  }

  private readObject(object: Json, depth: number, report: Report): Condition | null {
    const keys = Object.keys(object);
    const known: readonly string[] = ['path', ...TESTS, ...COMBINATIONS];
    const unknown = keys.filter((key) => !known.includes(key));
    for (const key of unknown) report([key], 'is an unknown key', `use ${FORMS}`);
    if (unknown.length > 0) return null;
    const combined = COMBINATIONS.filter((key) => keys.includes(key));
    const [combination] = combined;
    if (combination === undefined) return readTest(object, keys, report);
    if (combined.length > 1 || keys.includes('path') || TESTS.some((key) => keys.includes(key))) {
      report([], 'has several conditions in one', 'list them under all or any');
      return null;
    }
    return this.readCombination(combination, object[combination], depth, report);
  }

  private readCombination(
    key: (typeof COMBINATIONS)[number],
    value: unknown,
    depth: number,
    report: Report,
  ): Condition | null {
    const below: Report = (path, ...words) => report([key, ...path], ...words);
    if (key === 'not') {
      const condition = this.read(value, depth + 1, below);
      return condition === null ? null : { not: condition };
    }
    if (!Array.isArray(value) || value.length === 0) {
      below([], 'must be a list of conditions', 'list at least one');
      return null;
    }
    const parts = value.slice(0, MOST_PARTS + 1).map((each, index) => {
      return this.read(each, depth + 1, (path, ...words) => below([index, ...path], ...words));
    });
    const conditions = parts.filter((part) => part !== null);
    return key === 'any' ? { any: conditions } : { all: conditions };
  }
}

function readTest(object: Json, keys: readonly string[], report: Report): Condition | null {
  const { path } = object;
  if (typeof path !== 'string' || compilePath(path).includes('')) {
    report(['path'], 'must be a path in the event', 'write it like properties.is_new_customer');
    return null;
  }
  const tests = TESTS.filter((key) => keys.includes(key));
  const [test] = tests;
  if (test === undefined || tests.length > 1) {
    const message = test === undefined ? 'says nothing of the value' : 'has several tests';
    report([], message, 'write one of equals, in, prefix, matches, exists beside path');
    return null;
  }
  const value = object[test];
  const below = (message: string, fix: string): null => {
    report([test], message, fix);
    return null;
  };
  switch (test) {
    case 'equals':
      return isComparable(value) ? { path, equals: value } : below(NO_VALUE, SEE_EXISTS);
    case 'in':
      if (!Array.isArray(value) || value.length === 0) return below(NO_LIST, 'list at least one');
      return value.every(isComparable) ? { path, in: value } : below(NO_LIST, SEE_EXISTS);
    case 'prefix':
      if (typeof value === 'string' && value !== '') return { path, prefix: value };
      return below('must be a string', 'put it in quotes');
    case 'exists':
      if (typeof value === 'boolean') return { path, exists: value };
      return below('must be true or false', 'write true or false');
    case 'matches':
      return readPattern(path, value, below);
  }
}

function readPattern(
  path: string,
  value: unknown,
  fail: (message: string, fix: string) => null,
): Condition | null {
  if (typeof value !== 'string' || value === '') {
    return fail('must be a regular expression', 'put it in single quotes');
  }
  const pattern = compilePattern(value);
  return 'matches' in pattern ? { path, matches: value } : fail(pattern.message, pattern.fix);
}

const NO_VALUE = 'must be a string, a number, true or false';
const NO_LIST = 'must be a list of strings, numbers, true or false';
const SEE_EXISTS = 'write exists: false for a value that is missing';

function isComparable(value: unknown): value is Comparable {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
