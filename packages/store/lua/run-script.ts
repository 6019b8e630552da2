import type { Redis } from 'ioredis';
import { scriptError } from './atomic-script.ts';
import type { ScriptInput } from './change-arguments.ts';
import type { ScriptArgument } from './scripts.ts';

/**
 * Runs a script whose number of keys depends on what it is for.
 * @throws HalfWrittenError when it failed and could not take back what it had written
 */
export async function runScript(
  redis: Redis,
  { name, lua }: { readonly name: string; readonly lua: () => string },
  { keys, args }: ScriptInput,
): Promise<unknown> {
  const commands = redis as unknown as Record<
    string,
    ((args: ScriptArgument[]) => Promise<unknown>) | undefined
  >;
  if (commands[name] === undefined) redis.defineCommand(name, { lua: lua() });
  try {
    return await commands[name]?.([keys.length, ...keys, ...args]);
  } catch (error) {
    throw scriptError(error);
  }
}
