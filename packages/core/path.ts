/** Where a value stands in a Track event: `properties.externalId` → its steps. */
export type Steps = readonly string[];

/** Reads `a.b.c`; a leading `$.` as in JSONPath does not count. */
export function compilePath(path: string): Steps {
  return path
    .trim()
    .replace(/^\$\.?/, '')
    .split('.');
}

/** The value at the end of a path; undefined when it leads nowhere. */
export function readPath(object: unknown, steps: Steps): unknown {
  let value = object;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value;
}
