import type { z } from 'zod';
import { formatPath, type KeyPath, type Problems, valueAt } from './problems.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const NOTHING_ELSE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/;

/** Replaces `${NAME}` in strings by the variable's value; `$${NAME}` stays as `${NAME}`. */
export function substitute(value: unknown, env: Environment, problems: Problems) {
  /** Paths whose whole value came from one variable, and is a string whatever the schema wants. */
  const fromEnvironment: KeyPath[] = [];
  const walk = (part: unknown, path: KeyPath): unknown => {
    if (typeof part === 'string') {
      if (NOTHING_ELSE.test(part)) fromEnvironment.push(path);
      return replace(part, env, path, problems);
    }
    if (Array.isArray(part)) return part.map((each, index) => walk(each, [...path, index]));
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([key, each]) => [key, walk(each, [...path, key])]),
    );
  };
  return { value: walk(value, []), fromEnvironment };
}

function replace(text: string, env: Environment, path: KeyPath, problems: Problems): string {
  return text.replace(REFERENCE, (whole, escaped: string | undefined, name: string) => {
    if (escaped !== undefined) return whole.slice(1);
    const found = env[name];
    if (found !== undefined && found !== '') return found;
    problems.add(path, `the environment variable ${name} is not set`, `export ${name}=…`);
    return whole;
  });
}

/** The variables that override the file. */
export const OVERRIDES: readonly {
  readonly variable: string;
  readonly path: readonly [section: string, key: string];
  readonly read: (text: string) => unknown;
}[] = [
  { variable: 'KAFKA_BROKERS', path: ['kafka', 'brokers'], read: listOf },
  { variable: 'REDIS_URL', path: ['redis', 'url'], read: (text) => text.trim() },
  { variable: 'GRAPH_API_URL', path: ['graphApi', 'url'], read: (text) => text.trim() },
];

export function override(file: unknown, env: Environment): unknown {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return file;
  const sections: Record<string, unknown> = { ...file };
  for (const { variable, path, read } of OVERRIDES) {
    const text = env[variable];
    const [section, key] = path;
    const before = sections[section] ?? {};
    if (!text || typeof before !== 'object' || Array.isArray(before)) continue;
    sections[section] = { ...before, [key]: read(text) };
  }
  return sections;
}

/** The variable that overrides a path; null where none does. */
export function variableFor(path: KeyPath): string | null {
  const found = OVERRIDES.find((each) => formatPath(each.path) === formatPath(path));
  return found?.variable ?? null;
}

/** The items of a comma-separated list. */
function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/**
 * Converts strings from the environment to the type that the schema wants at their path: a number, a
 * boolean, or a comma-separated list. Changes `raw`.
 *
 * @returns whether anything was converted
 */
export function coerce(raw: unknown, error: z.ZodError, paths: readonly KeyPath[]): boolean {
  const known = new Set(paths.map(formatPath));
  const issues = error.issues.filter(({ path }) => known.has(formatPath(path)));
  return issues.map((issue) => coerceOne(raw, issue.path, wantedTypes(issue))).includes(true);
}

function wantedTypes(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'invalid_type') return [issue.expected];
  return issue.code === 'invalid_union' ? issue.errors.flat().flatMap(wantedTypes) : [];
}

function coerceOne(raw: unknown, path: KeyPath, types: readonly string[]): boolean {
  const key = path.at(-1);
  const text = valueAt(raw, path);
  if (key === undefined || typeof text !== 'string') return false;
  const value = types.map((type) => parseAs(text, type)).find((one) => one !== null);
  if (value === undefined) return false;
  (valueAt(raw, path.slice(0, -1)) as Record<PropertyKey, unknown>)[key] = value;
  return true;
}

function parseAs(text: string, type: string): number | boolean | string[] | null {
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
