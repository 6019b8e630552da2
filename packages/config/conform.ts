import type { z } from 'zod';
import { listOf } from './environment.ts';
import { type Place, pathOf, valueAt } from './place.ts';

/**
 * Turns values that came from the environment, and so are text, into what the schema wants in their
 * place: a number, a yes or no, or a list with commas between its items. Changes `raw`.
 *
 * @returns whether anything was turned
 */
export function conform(raw: unknown, error: z.ZodError, places: readonly Place[]): boolean {
  const known = new Set(places.map(pathOf));
  const issues = error.issues.filter(({ path }) => known.has(pathOf(path)));
  return issues.map((issue) => turn(raw, issue.path, wanted(issue))).includes(true);
}

function wanted(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'invalid_type') return [issue.expected];
  return issue.code === 'invalid_union' ? issue.errors.flat().flatMap(wanted) : [];
}

function turn(raw: unknown, place: Place, types: readonly string[]): boolean {
  const key = place.at(-1);
  const text = valueAt(raw, place);
  if (key === undefined || typeof text !== 'string') return false;
  const value = types.map((type) => read(text, type)).find((one) => one !== null);
  if (value === undefined) return false;
  (valueAt(raw, place.slice(0, -1)) as Record<PropertyKey, unknown>)[key] = value;
  return true;
}

function read(text: string, type: string): number | boolean | string[] | null {
  switch (type) {
    case 'number':
    case 'int':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null;
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : null;
    case 'array':
      return listOf(text);
    default:
      return null;
  }
}
