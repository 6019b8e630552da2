import type { Redis } from 'ioredis';
import { BURIAL_KEYS, BURY, BURY_ALL, EXHUME, REMEMBER } from './dead-letter-scripts.ts';

/*
 * What must happen as a whole in Redis. Redis runs a script without anything in between, and the
 * append-only file keeps or loses it as a whole.
 */

/**
 * Settles an envelope once: its delivered events and dead letters are counted, and what remains
 * replaces its content, in one step. `expected` is how many events the caller knew to be open: when
 * somebody else has settled it meanwhile, nothing happens and the answer is 0.
 *
 * It removes before it writes: a full Redis refuses a script whose first write takes room, and lets
 * one go on that has begun. Settling is what empties a full Redis.
 *
 * What becomes of the events of a replay is counted in it, as long as it is remembered.
 *
 * KEYS nine as above, open ledger job replay suspects unreadable
 * ARGV id expected delivered remaining data dead, then the arguments of the dead letters
 */
const SETTLE = `${BURY}
local open = redis.call('HGET', KEYS[10], ARGV[1])
if not open or tonumber(open) ~= tonumber(ARGV[2]) then return 0 end
local remaining = tonumber(ARGV[4])
local dead = tonumber(ARGV[6])
redis.call('HDEL', KEYS[10], ARGV[1])
redis.call('HDEL', KEYS[14], ARGV[1])
redis.call('HDEL', KEYS[15], ARGV[1])
if dead > 0 then bury(7) end
redis.call('HINCRBY', KEYS[11], 'delivered', ARGV[3])
redis.call('HINCRBY', KEYS[11], 'dead', dead)
redis.call('HINCRBY', KEYS[11], 'queued', remaining - tonumber(ARGV[2]))
if redis.call('EXISTS', KEYS[13]) == 1 then
  redis.call('HINCRBY', KEYS[13], 'delivered', ARGV[3])
  redis.call('HINCRBY', KEYS[13], 'died', dead)
end
if remaining > 0 then
  redis.call('HSET', KEYS[10], ARGV[1], remaining)
  redis.call('HSET', KEYS[12], 'data', ARGV[5])
end
return 1
`;

/**
 * Takes a lock that is free, or whose owner is known to be dead. KEYS lock · ARGV owner ms dead
 */
const LOCK = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[3] then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
`;

/** Gives a lock back to everybody, if it is still ours. KEYS lock · ARGV owner */
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

export const BURY_COMMAND = 'capiBury';
export const EXHUME_COMMAND = 'capiExhume';
export const SETTLE_COMMAND = 'capiSettle';
export const LOCK_COMMAND = 'capiLock';
export const UNLOCK_COMMAND = 'capiUnlock';
export const REMEMBER_COMMAND = 'capiRemember';
export const PUBLISHED_COMMAND = 'capiPublished';

export type ScriptArgument = string | number | Buffer;

/** A connection that knows our scripts. */
export interface ScriptedRedis extends Redis {
  [SETTLE_COMMAND](args: ScriptArgument[]): Promise<number>;
  /** Null when it is ours now, else who has it. */
  [LOCK_COMMAND](args: ScriptArgument[]): Promise<string | null>;
  [UNLOCK_COMMAND](args: ScriptArgument[]): Promise<number>;
  /** 0 when the lock is not ours any more. */
  [PUBLISHED_COMMAND](args: ScriptArgument[]): Promise<number>;
}

/** Teaches a connection our scripts; teaching it twice does no harm. */
export function withScripts(redis: Redis): ScriptedRedis {
  redis.defineCommand(BURY_COMMAND, { numberOfKeys: BURIAL_KEYS, lua: BURY_ALL });
  redis.defineCommand(EXHUME_COMMAND, { numberOfKeys: BURIAL_KEYS, lua: EXHUME });
  redis.defineCommand(SETTLE_COMMAND, { numberOfKeys: BURIAL_KEYS + 6, lua: SETTLE });
  redis.defineCommand(REMEMBER_COMMAND, { numberOfKeys: 1, lua: REMEMBER });
  redis.defineCommand(LOCK_COMMAND, { numberOfKeys: 1, lua: LOCK });
  redis.defineCommand(PUBLISHED_COMMAND, { numberOfKeys: 2, lua: PUBLISHED });
  redis.defineCommand(UNLOCK_COMMAND, { numberOfKeys: 1, lua: UNLOCK });
  return redis as ScriptedRedis;
}
