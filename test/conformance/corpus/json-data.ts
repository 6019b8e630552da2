/** Any JSON object. */
export type Json = { readonly [name: string]: unknown };

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * One object over another, object by object: what the upper one says counts, and null takes a field
 * away, unless nulls are to be kept. What stands for a hash is no object to look into.
 */
export function laidOver(base: Json, upper: Json, { keepsNull = false } = {}): Json {
  const result = new Map(Object.entries(base));
  for (const [name, value] of Object.entries(upper)) {
    const below = result.get(name);
    if (value === null && !keepsNull) result.delete(name);
    else if (isJson(value) && isJson(below) && !('sha256' in value)) {
      result.set(name, laidOver(below, value, { keepsNull }));
    } else result.set(name, value);
  }
  return Object.fromEntries(result);
}

/** The same object without the fields at some paths, such as `context.page`. */
export function without(object: Json, paths: readonly string[]): Json {
  const result = structuredClone(object) as Record<string, unknown>;
  for (const path of paths) {
    const steps = path.split('.');
    const last = steps.pop() ?? '';
    const parent = steps.reduce<unknown>(
      (value, step) => (value as Json | undefined)?.[step],
      result,
    );
    if (isJson(parent)) delete (parent as Record<string, unknown>)[last];
  }
  return result;
}

/**
 * With what is too large for a file written out: `{"repeat": "x", "times": 3}` as `xxx`,
 * `{"list": "x", "times": 3}` as a list of it, and `{"levels": 2, "of": "a"}` as `{"a": {"a": {}}}`.
 */
export function writtenOut(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(writtenOut);
  if (!isJson(value)) return value;
  const { repeat, list, times, levels, of } = value;
  if (typeof times === 'number') {
    return typeof repeat === 'string'
      ? repeat.repeat(times)
      : Array.from({ length: times }, () => list);
  }
  if (typeof levels === 'number') return nested(levels, String(of));
  const entries = Object.entries(value).map(([name, below]) => [name, writtenOut(below)] as const);
  return Object.fromEntries(entries);
}

function nested(levels: number, name: string): Json {
  let value: Json = {};
  for (let level = 0; level < levels; level++) value = { [name]: value };
  return value;
}
