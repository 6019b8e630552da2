import type { z } from 'zod';
import { variableFor } from './environment.ts';
import { type JsonSchema, writtenForm } from './json-schema.ts';
import { type KeyPath, type Problems, valueAt } from './problems.ts';
import { suggest } from './suggest.ts';

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
  const written = writtenForm(schema);
  for (const issue of error.issues) {
    const at = schemaAt(written, issue.path);
    if (issue.code === 'unrecognized_keys') {
      const known = Object.keys((at && formWithKeys(at).properties) ?? {});
      for (const key of issue.keys) {
        problems.add([...issue.path, key], 'is an unknown key', suggest(key, known));
      }
    } else if (valueAt(raw, issue.path) === undefined) {
      problems.add(issue.path, 'is missing', howToAdd(issue.path, at?.description));
    } else {
      problems.add(issue.path, ...messageOf(issue, at?.default));
    }
  }
}

function howToAdd(path: KeyPath, description: string | undefined): string {
  const variable = variableFor(path);
  const add = variable === null ? 'add it' : `add it, or set ${variable}`;
  return description === undefined ? add : `${add}: ${description}`;
}

function messageOf(issue: Issue, byDefault: unknown): [message: string, fix: string] {
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_union': {
      const types = [...new Set(typesOf(issue))].join(', or ');
      if (types.startsWith(STRING)) return [`must be ${types}`, 'put it in quotes'];
      return [
        `must be ${types}`,
        `write ${types}${typeof byDefault === 'number' ? `, such as ${byDefault}` : ''}`,
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

/** The schema at a path; undefined where it has none. */
function schemaAt(schema: JsonSchema, path: KeyPath): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((at, step) => {
    const form = at && formWithKeys(at);
    return typeof step === 'number' ? form?.items : form?.properties?.[String(step)];
  }, schema);
}

/** Of a union, the member with keys or items. */
function formWithKeys(schema: JsonSchema): JsonSchema {
  return schema.anyOf?.find(({ properties, items }) => properties ?? items) ?? schema;
}
