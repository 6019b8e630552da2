import type { Place } from './place.ts';
import type { Problems } from './problems.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const NOTHING_ELSE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/;

/** A file's values with those of the environment in them. */
export interface Substituted {
  readonly value: unknown;
  /** Places whose whole value came from one variable, and is text whatever is wanted there. */
  readonly fromEnvironment: readonly Place[];
}

/** Puts the environment's values where a string says `${NAME}`; `$${NAME}` stays as `${NAME}`. */
export function substitute(value: unknown, env: Environment, problems: Problems): Substituted {
  const fromEnvironment: Place[] = [];
  const walk = (part: unknown, place: Place): unknown => {
    if (typeof part === 'string') {
      if (NOTHING_ELSE.test(part)) fromEnvironment.push(place);
      return replace(part, env, place, problems);
    }
    if (Array.isArray(part)) return part.map((each, index) => walk(each, [...place, index]));
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([key, each]) => [key, walk(each, [...place, key])]),
    );
  };
  return { value: walk(value, []), fromEnvironment };
}

function replace(text: string, env: Environment, place: Place, problems: Problems): string {
  return text.replace(REFERENCE, (whole, escaped: string | undefined, name: string) => {
    if (escaped !== undefined) return whole.slice(1);
    const found = env[name];
    if (found !== undefined && found !== '') return found;
    problems.add(place, `the environment variable ${name} is not set`, `export ${name}=…`);
    return whole;
  });
}

/** What overrides the file, whatever it says. */
export const OVERRIDES: readonly {
  readonly variable: string;
  readonly place: readonly [section: string, key: string];
  readonly read: (text: string) => unknown;
}[] = [
  { variable: 'KAFKA_BROKERS', place: ['kafka', 'brokers'], read: listOf },
  { variable: 'REDIS_URL', place: ['redis', 'url'], read: (text) => text.trim() },
  { variable: 'GRAPH_API_URL', place: ['graphApi', 'url'], read: (text) => text.trim() },
];

export function override(file: unknown, env: Environment): unknown {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return file;
  const sections: Record<string, unknown> = { ...file };
  for (const { variable, place, read } of OVERRIDES) {
    const text = env[variable];
    const [section, key] = place;
    const before = sections[section] ?? {};
    if (!text || typeof before !== 'object' || Array.isArray(before)) continue;
    sections[section] = { ...before, [key]: read(text) };
  }
  return sections;
}

/** The variable that can set a place from outside, if one can. */
export function variableFor(place: Place): string | null {
  const found = OVERRIDES.find(({ place: [section, key] }) => {
    return place[0] === section && place[1] === key;
  });
  return found?.variable ?? null;
}

/** The items of a list with commas between them. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
