import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { variableFor } from './environment.ts';
import { type Path, type Problems, valueAt } from './problems.ts';

type Issue = z.core.$ZodIssue;

/** Separates the message from the fix in a schema's own messages. */
const FIX = ' → ';

/** Turns zod's issues about `raw` into problems with a fix, one for each unknown key. */
export function addIssues(
  error: z.ZodError,
  schema: z.ZodType,
  raw: unknown,
  problems: Problems,
): void {
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(schema, issue.path);
      for (const key of issue.keys) {
        problems.add([...issue.path, key], 'is an unknown key', suggest(key, known));
      }
    } else if (valueAt(raw, issue.path) === undefined) {
      problems.add(issue.path, 'is missing', howToAdd(issue.path, schema));
    } else {
      problems.add(issue.path, ...messageOf(issue, exampleAt(schema, issue.path)));
    }
  }
}

function suggest(key: string, known: readonly string[]): string {
  if (known.length === 0) return 'remove it';
  const best = closest(
    key.toLowerCase(),
    known.map((each) => each.toLowerCase()),
  );
  const isNear = distance(key.toLowerCase(), best) <= Math.max(2, key.length / 3);
  const meant = known.find((each) => each.toLowerCase() === best);
  return isNear ? `did you mean ${meant}?` : `remove it; the known keys are ${known.join(', ')}`;
}

function howToAdd(path: Path, schema: z.ZodType): string {
  const variable = variableFor(path);
  const description = schemaAt(schema, path)?.description;
  const add = variable === null ? 'add it' : `add it, or set ${variable}`;
  return description === undefined ? add : `${add}: ${description}`;
}

function messageOf(issue: Issue, example: string | null): [message: string, fix: string] {
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_union': {
      const types = [...new Set(typesOf(issue))].join(', or ');
      if (types.startsWith(STRING)) return [`must be ${types}`, 'put it in quotes'];
      return [
        `must be ${types}`,
        `write ${types}${example === null ? '' : `, such as ${example}`}`,
      ];
    }
    case 'invalid_value':
      return ['is not an allowed value', `use one of ${issue.values.join(', ')}`];
    case 'too_small':
      return [`is ${below(issue)}`, `use ${limit('at least', issue.minimum, issue.origin)}`];
    case 'too_big':
      return [
        `is ${isNumber(issue) ? 'too large' : 'too long'}`,
        `use ${limit('at most', issue.maximum, issue.origin)}`,
      ];
    default: {
      const [message = '', fix = 'see docs/configuration.md'] = issue.message.split(FIX);
      return [message, fix];
    }
  }
}

const STRING = 'a string';

const TYPES: Readonly<Record<string, string>> = {
  int: 'an integer',
  number: 'a number',
  string: STRING,
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function typesOf(issue: Issue): string[] {
  if (issue.code === 'invalid_type') return [TYPES[issue.expected] ?? issue.expected];
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'invalid_union' ? issue.errors.flat().flatMap(typesOf) : [];
}

function isNumber({ origin }: { readonly origin: string }): boolean {
  return origin === 'number' || origin === 'int';
}

function below(issue: { readonly origin: string; readonly minimum: number | bigint }): string {
  if (isNumber(issue)) return 'too small';
  return Number(issue.minimum) <= 1 ? 'empty' : 'too short';
}

const UNITS: Readonly<Record<string, string>> = { array: ' item(s)', string: ' character(s)' };

function limit(word: string, value: number | bigint, origin: string): string {
  return `${word} ${value}${UNITS[origin] ?? ''}`;
}

/** The keys that a schema knows at a path. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  const found = schemaAt(schema, path);
  return found === null ? [] : Object.keys(shapeOf(unwrap(found)) ?? {});
}

/** The default at a path, where it is a number. */
function exampleAt(schema: z.ZodType, path: Path): string | null {
  const found = schemaAt(schema, path);
  if (found === null) return null;
  const { defaultValue } = found.def as { defaultValue?: unknown };
  return typeof defaultValue === 'number' ? String(defaultValue) : null;
}

function schemaAt(schema: z.ZodType, path: Path): z.ZodType | null {
  let at: z.ZodType | undefined = schema;
  for (const step of path) {
    if (at === undefined) return null;
    const group: z.ZodType = unwrap(at);
    at =
      typeof step === 'number'
        ? (group as { element?: z.ZodType }).element
        : shapeOf(group)?.[String(step)];
  }
  return at ?? null;
}

interface Wrapping {
  /** Of a default or an optional. */
  readonly innerType?: z.ZodType;
  /** Of a transformation. */
  readonly in?: z.ZodType;
  /** Of a union. */
  readonly options?: readonly z.ZodType[];
}

/** The schema that another wraps; of a union, the member with keys. */
function unwrap(schema: z.ZodType): z.ZodType {
  const { innerType, in: input, options } = schema.def as Wrapping;
  const wrapped = innerType ?? input;
  if (wrapped !== undefined) return unwrap(wrapped);
  return options?.find((option) => shapeOf(option) !== undefined) ?? schema;
}

function shapeOf(schema: z.ZodType): Record<string, z.ZodType> | undefined {
  return (schema as { shape?: Record<string, z.ZodType> }).shape;
}
