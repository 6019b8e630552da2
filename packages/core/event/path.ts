/** The path of a value in a Track event: `properties.externalId` → its steps. */
export type Steps = readonly string[];

/** Reads `a.b.c`; a leading `$.` as in JSONPath does not count. */
export function compilePath(path: string): Steps {
  return path
    .trim()
    .replace(/^\$\.?/, '')
    .split('.');
}

/**
 * The value at a path; undefined when there is none. Inherited members do not count: functions, which
 * JSON does not have, and the prototype.
 */
export function readPath(object: unknown, steps: Steps): unknown {
  let value = object;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || step === '__proto__') return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
    if (typeof value === 'function') return undefined;
  }
  return value;
}
