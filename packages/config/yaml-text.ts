import { stringify } from 'yaml';

/**
 * Keys and values as lines of a configuration file. Texts that look like references to the environment
 * are escaped: what is written is what is read.
 */
export function yamlText(values: Readonly<Record<string, unknown>>): string {
  return stringify(escaped(values), { lineWidth: 0 });
}

function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.split('${').join('$${');
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, escaped(each)]));
}
