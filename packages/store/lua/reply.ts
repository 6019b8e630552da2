import { z } from 'zod';

/**
 * A script answered what it never answers: a proxy, or something that is no Redis, stands in between.
 * What the script did is as unknown as after a lost connection, and callers treat it as that.
 */
export class UnexpectedReply extends Error {
  override readonly name = 'UnexpectedReply';

  constructor(script: string, reply: unknown) {
    super(`the script ${script} in Redis answers ${describe(reply)}, which it never does`);
  }
}

/** Checks the shape of what a script answers: a few fields for each call. @throws UnexpectedReply */
export function parseReply<T>(reply: unknown, script: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(reply);
  if (result.success) return result.data;
  throw new UnexpectedReply(script, reply);
}

/** 1 when it happened, and 0 when it did not: then nothing was written. */
export const HAPPENED = z.literal([0, 1]).transform((answer) => answer === 1);

/** How many items of a list are described. */
const DESCRIBED = 3;

/** Types and numbers alone: a text may be personal. */
function describe(reply: unknown): string {
  if (reply === null || reply === undefined) return 'nil';
  if (reply instanceof Error) return 'an error';
  if (typeof reply === 'number') return String(reply);
  if (!Array.isArray(reply)) return typeof reply === 'object' ? 'an object' : `a ${typeof reply}`;
  const items = reply
    .slice(0, DESCRIBED)
    .map((item) => (Array.isArray(item) ? 'a list' : describe(item)));
  const more = reply.length > DESCRIBED ? ['…'] : [];
  return `a list of ${reply.length} (${[...items, ...more].join(', ')})`;
}
