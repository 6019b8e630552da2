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

/** With `{"repeat": "x", "times": 3}` written out as `xxx`, for texts too long for a file. */
export function writtenOut(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(writtenOut);
  if (!isJson(value)) return value;
  const { repeat, times } = value;
  if (typeof repeat === 'string' && typeof times === 'number') return repeat.repeat(times);
  const entries = Object.entries(value).map(([name, below]) => [name, writtenOut(below)] as const);
  return Object.fromEntries(entries);
}
