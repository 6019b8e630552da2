import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { asScriptError } from './atomic.ts';
import { parseReply } from './reply.ts';

/*
 * What must happen as a whole in Redis. Redis runs a script without anything in between, and the
 * append-only file keeps or loses it as a whole.
 */

export type ScriptArgument = string | number | Buffer;

/** Keys and arguments of a script, or of a part of it, in the order in which it reads them. */
export interface ScriptInput {
  readonly keys: readonly string[];
  readonly args: readonly ScriptArgument[];
}

export interface Script<T> {
  /** The command as which a connection knows it. */
  readonly name: string;
  readonly lua: () => string;
  readonly reply: z.ZodType<T>;
}

/**
 * @throws HalfWrittenError when it failed and could not take back what it had written
 * @throws UnexpectedReply
 */
export async function runScript<T>(
  redis: Redis,
  { name, lua, reply }: Script<T>,
  { keys, args }: ScriptInput,
): Promise<T> {
  const commands = redis as unknown as Record<
    string,
    ((args: ScriptArgument[]) => Promise<unknown>) | undefined
  >;
  if (commands[name] === undefined) redis.defineCommand(name, { lua: lua() });
  try {
    return parseReply(await commands[name]?.([keys.length, ...keys, ...args]), name, reply);
  } catch (error) {
    throw asScriptError(error);
  }
}
