import type { z } from 'zod';
import { type Problem, pathOf } from './problem.ts';

/** zod's findings as problems with a mend; an unknown key is a problem of its own each. */
export function problemsOf(error: z.ZodError, schema: z.ZodType): Problem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, schema));
}

function problemsOfIssue(issue: z.core.$ZodIssue, schema: z.ZodType): Problem[] {
  const path = pathOf(issue.path) || 'the file';
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: pathOf([...issue.path, key]),
        message: 'unknown key',
        mend: suggestion(key, knownKeys(schema, issue.path)),
      }));
    case 'invalid_type':
      return [
        { path, message: `is not ${article(issue.expected)}`, mend: expectation(issue.expected) },
      ];
    case 'invalid_value':
      return [{ path, message: 'is none of the values', mend: `use ${issue.values.join(', ')}` }];
    case 'invalid_union':
      return [{ path, message: 'is none of its forms', mend: 'see docs/configuration.md' }];
    default:
      return [{ path, message: issue.message, mend: 'see docs/configuration.md' }];
  }
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function expectation(type: string): string {
  return type === 'string' ? 'give it, in quotes when it is digits' : `give ${article(type)}`;
}

function suggestion(key: string, known: readonly string[]): string {
  const [nearest] = known
    .map((name) => ({ name, distance: distance(name.toLowerCase(), key.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  if (nearest !== undefined && nearest.distance <= Math.max(2, key.length / 3)) {
    return `did you mean ${nearest.name}?`;
  }
  return known.length === 0 ? 'remove it' : `remove it; there are ${known.join(', ')}`;
}

/** The keys that the schema knows at a path. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at = inner(schema);
  for (const part of path) {
    const { shape, element } = at as { shape?: Record<string, z.ZodType>; element?: z.ZodType };
    const next = typeof part === 'number' ? element : shape?.[String(part)];
    if (next === undefined) return [];
    at = inner(next);
  }
  return Object.keys((at as { shape?: object }).shape ?? {});
}

/** What a default, an optional or the object form of a union wraps. */
function inner(schema: z.ZodType): z.ZodType {
  const { innerType, options } = schema.def as { innerType?: z.ZodType; options?: z.ZodType[] };
  if (innerType !== undefined) return inner(innerType);
  const form = options?.find((option) => 'shape' in option);
  return form === undefined ? schema : inner(form);
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
