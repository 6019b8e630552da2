import type { z } from 'zod';
import { variableFor } from './environment.ts';
import { nearest } from './nearest.ts';
import { type Place, valueAt } from './place.ts';
import type { Problems } from './problems.ts';
import { descriptionAt, exampleAt, keysAt } from './schema-lookup.ts';

type Issue = z.core.$ZodIssue;

/** What separates what is wrong from the mend in a schema's own messages. */
const MEND = ' → ';

/** Says zod's findings about `raw` as problems with a mend; each unknown key is one of its own. */
export function addIssues(
  error: z.ZodError,
  schema: z.ZodType,
  raw: unknown,
  problems: Problems,
): void {
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(schema, issue.path);
      for (const key of issue.keys)
        problems.add([...issue.path, key], 'unknown key', guess(key, known));
    } else if (valueAt(raw, issue.path) === undefined) {
      problems.add(issue.path, 'is missing', howToGive(issue.path, schema));
    } else {
      problems.add(issue.path, ...findingOf(issue, exampleAt(schema, issue.path)));
    }
  }
}

function guess(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  if (meant !== null) return `did you mean ${meant}?`;
  return known.length === 0 ? 'remove it' : `remove it; there are ${known.join(', ')}`;
}

function howToGive(place: Place, schema: z.ZodType): string {
  const variable = variableFor(place);
  const description = descriptionAt(schema, place);
  const give = variable === null ? 'give it' : `give it, or set ${variable}`;
  return description === null ? give : `${give}: ${description}`;
}

function findingOf(issue: Issue, example: string | null): [message: string, mend: string] {
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_union': {
      const forms = [...new Set(formsOf(issue))].join(', or ');
      if (forms.startsWith(TEXT)) return [`is not ${forms}`, 'put it in quotes'];
      return [`is not ${forms}`, `write ${forms}${example === null ? '' : `, such as ${example}`}`];
    }
    case 'invalid_value':
      return ['is none of its values', `use one of ${issue.values.join(', ')}`];
    case 'too_small':
      return [`is ${below(issue)}`, `give ${limit('at least', issue.minimum, issue.origin)}`];
    case 'too_big':
      return [`is ${above(issue)}`, `give ${limit('at most', issue.maximum, issue.origin)}`];
    default: {
      const [message = '', mend = 'see docs/configuration.md'] = issue.message.split(MEND);
      return [message, mend];
    }
  }
}

const TEXT = 'a text';

const WORDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: TEXT,
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of keys',
  record: 'a group of keys',
};

function formsOf(issue: Issue): string[] {
  if (issue.code === 'invalid_type') return [WORDS[issue.expected] ?? issue.expected];
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'invalid_union' ? issue.errors.flat().flatMap(formsOf) : [];
}

interface Limited {
  readonly origin: string;
}

function below({ origin, minimum }: Limited & { minimum: number | bigint }): string {
  if (origin === 'number' || origin === 'int') return 'too small';
  return Number(minimum) <= 1 ? 'empty' : 'too short';
}

function above({ origin }: Limited): string {
  return origin === 'number' || origin === 'int' ? 'too large' : 'too long';
}

const UNITS: Readonly<Record<string, string>> = { array: ' of them', string: ' character(s)' };

function limit(word: string, value: number | bigint, origin: string): string {
  return `${word} ${value}${UNITS[origin] ?? ''}`;
}
