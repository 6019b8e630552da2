import type { z } from 'zod';

/** A value in Redis is not what this release or an earlier one writes: it is damaged, or newer. */
export class UnreadableValue extends Error {
  override readonly name = 'UnreadableValue';
}

/**
 * Parses JSON that Redis holds. The error names fields and never their values, which may be personal.
 * @param what names the value for people, such as `replay r1x: spec`
 * @throws UnreadableValue
 */
export function parseStored<T>(text: string, what: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(parseJson(text));
  if (result.success) return result.data;
  const [{ path = [] } = {}] = result.error.issues;
  const field = path.length === 0 ? 'it is damaged' : `"${path.join('.')}" is damaged`;
  throw new UnreadableValue(`${what} in Redis cannot be read: ${field}`);
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
