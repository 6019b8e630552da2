import { type Problem, pathOf } from './problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Puts the environment's values where a string says `${NAME}`; `$${NAME}` stays as `${NAME}`. */
export function substitute(
  value: unknown,
  env: Environment,
  problems: Problem[],
  path: readonly (string | number)[] = [],
): unknown {
  if (typeof value === 'string') {
    return value.replace(REFERENCE, (whole, escaped: string | undefined, name: string) => {
      if (escaped !== undefined) return whole.slice(1);
      const found = env[name];
      if (found !== undefined && found !== '') return found;
      const message = `the environment variable ${name} is not set`;
      problems.push({ path: pathOf(path), message, mend: `export ${name}=…` });
      return whole;
    });
  }
  if (Array.isArray(value)) {
    return value.map((each, index) => substitute(each, env, problems, [...path, index]));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        key,
        substitute(each, env, problems, [...path, key]),
      ]),
    );
  }
  return value;
}

/** The variables that override the file, whatever it says. */
export function override(file: unknown, env: Environment): unknown {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return file;
  const sections = { ...(file as Record<string, unknown>) };
  const set = (section: string, key: string, value: unknown): void => {
    const before = sections[section];
    sections[section] = { ...(typeof before === 'object' ? before : {}), [key]: value };
  };
  const brokers = env['KAFKA_BROKERS'];
  if (brokers)
    set(
      'kafka',
      'brokers',
      brokers.split(',').map((broker) => broker.trim()),
    );
  if (env['REDIS_URL']) set('redis', 'url', env['REDIS_URL']);
  if (env['GRAPH_API_URL']) set('graphApi', 'url', env['GRAPH_API_URL']);
  return sections;
}
