import type { Redis } from 'ioredis';
import { asScriptError } from './atomic.ts';
import { DEAD_LETTER_KEYS, INSERT_DEAD_LETTERS } from './dead-letters.ts';
import { CLAIM, ENVELOPE_KEYS, settleScript } from './envelopes.ts';
import { RENEW } from './leases.ts';

/*
 * What must happen as a whole in Redis. Redis runs a script without anything in between, and the
 * append-only file keeps or loses it as a whole.
 */

/**
 * Takes a lock that is free, or whose owner is known to be dead. KEYS lock · ARGV owner ms dead
 */
const LOCK = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[3] then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
`;

/** Releases a lock if it is still ours. KEYS lock · ARGV owner */
const UNLOCK = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`;

/**
 * Moves how far dead letters have been published, as long as the lock is ours, and keeps the lock. It
 * never moves back. It extends before it writes, for the same reason as above.
 * KEYS lock totals · ARGV owner ms field page
 */
const PUBLISHED = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if tonumber(redis.call('HGET', KEYS[2], ARGV[3]) or 0) < tonumber(ARGV[4]) then
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
end
return 1
`;

export const SETTLE_COMMAND = 'capiSettle';
export const CLAIM_COMMAND = 'capiClaim';
export const RENEW_COMMAND = 'capiRenew';
export const LOCK_COMMAND = 'capiLock';
export const UNLOCK_COMMAND = 'capiUnlock';
export const PUBLISHED_COMMAND = 'capiPublished';

export type ScriptArgument = string | number | Buffer;

/** Keys and arguments of a script, or of a part of it, in the order in which it reads them. */
export interface ScriptInput {
  readonly keys: readonly string[];
  readonly args: readonly ScriptArgument[];
}

/** A connection that knows our scripts. */
interface ScriptedRedis extends Redis {
  /** 1 and whether no other worker holds the envelope, or 0 and how many of its events are open. */
  [SETTLE_COMMAND](args: ScriptArgument[]): Promise<[settled: number, number]>;
  /** The content of the envelope; null when there is nothing to do. */
  [CLAIM_COMMAND](args: ScriptArgument[]): Promise<string | null>;
  /** The number of keys comes first, because it varies. */
  [RENEW_COMMAND](args: ScriptArgument[]): Promise<(0 | 1)[]>;
  /** Null when it is ours now, else its owner. */
  [LOCK_COMMAND](args: ScriptArgument[]): Promise<string | null>;
  [UNLOCK_COMMAND](args: ScriptArgument[]): Promise<number>;
  /** 0 when the lock is not ours any more. */
  [PUBLISHED_COMMAND](args: ScriptArgument[]): Promise<number>;
}

/** Teaches a connection our scripts; teaching it twice does no harm. */
export function withScripts(redis: Redis): ScriptedRedis {
  redis.defineCommand(SETTLE_COMMAND, {
    numberOfKeys: DEAD_LETTER_KEYS + ENVELOPE_KEYS + 2,
    lua: settleScript(INSERT_DEAD_LETTERS, DEAD_LETTER_KEYS + 1),
  });
  redis.defineCommand(CLAIM_COMMAND, { numberOfKeys: ENVELOPE_KEYS + 1, lua: CLAIM });
  redis.defineCommand(RENEW_COMMAND, { lua: RENEW });
  redis.defineCommand(LOCK_COMMAND, { numberOfKeys: 1, lua: LOCK });
  redis.defineCommand(PUBLISHED_COMMAND, { numberOfKeys: 2, lua: PUBLISHED });
  redis.defineCommand(UNLOCK_COMMAND, { numberOfKeys: 1, lua: UNLOCK });
  return redis as ScriptedRedis;
}

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
    throw asScriptError(error);
  }
}
