import { compilePath, readPath, type Steps } from '../event/path.ts';
import { compilePattern } from './pattern.ts';

/** What the configuration compares with. It is compared as text, as numbers and booleans of events are. */
export type Comparable = string | number | boolean;

/** One question about the value at a path of the event. */
type PathTest = { readonly path: string } & (
  | { readonly equals: Comparable }
  | { readonly in: readonly Comparable[] }
  | { readonly prefix: string }
  | { readonly matches: string }
  | { readonly exists: boolean }
);

/** A condition on a Track event, as the configuration has it. */
export type Condition =
  | PathTest
  | { readonly not: Condition }
  | { readonly any: readonly Condition[] }
  | { readonly all: readonly Condition[] };

/** Whether a Track event meets a condition. */
export type EventTest = (event: object) => boolean;

/** @throws Error for a pattern that reading the configuration would have refused */
export function compileCondition(condition: Condition): EventTest {
  if ('not' in condition) {
    const test = compileCondition(condition.not);
    return (event) => !test(event);
  }
  if ('any' in condition) {
    const tests = condition.any.map(compileCondition);
    return (event) => tests.some((test) => test(event));
  }
  if ('all' in condition) {
    const tests = condition.all.map(compileCondition);
    return (event) => tests.every((test) => test(event));
  }
  const steps = compilePath(condition.path);
  if ('exists' in condition) {
    const { exists } = condition;
    return (event) => ((readPath(event, steps) ?? null) !== null) === exists;
  }
  const test = compileTextTest(condition);
  return (event) => {
    const text = textAt(event, steps);
    return text !== null && test(text);
  };
}

function compileTextTest(
  test: Exclude<PathTest, { readonly exists: boolean }>,
): (text: string) => boolean {
  if ('prefix' in test) return (text) => text.startsWith(test.prefix);
  if ('matches' in test) {
    const pattern = compilePattern(test.matches);
    if ('matches' in pattern) return pattern.matches;
    throw new Error(`a pattern of a condition ${pattern.message}`);
  }
  const values = new Set('in' in test ? test.in.map(String) : [String(test.equals)]);
  return (text) => values.has(text);
}

/** The text, number or boolean at a path, as text; null for anything else. */
export function textAt(event: object, steps: Steps): string | null {
  const value = readPath(event, steps);
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
