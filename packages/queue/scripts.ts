import type { Redis } from 'ioredis';

/*
 * What must happen as a whole in Redis. Redis runs a script without anything in between, and the
 * append-only file keeps or loses it as a whole.
 */

/** Writes dead letters; writing one again changes nothing but its words. Counts the new ones. */
const BURY = `
local function bury(facts, sealed, counts, times, at, n)
  local new = 0
  for i = 1, n do
    local id = ARGV[at]
    if redis.call('HSET', facts, id, ARGV[at + 1]) == 1 then
      new = new + 1
      redis.call('HINCRBY', counts, ARGV[at + 3], 1)
      redis.call('ZADD', times, ARGV[at + 4], id)
    end
    redis.call('HSET', sealed, id, ARGV[at + 2])
    at = at + 5
  end
  return new
end
`;

/** KEYS facts sealed counts times · ARGV five for each dead letter. */
const BURY_ALL = `${BURY}
return bury(KEYS[1], KEYS[2], KEYS[3], KEYS[4], 1, #ARGV / 5)
`;

/** Removes dead letters and takes them out of the counts. KEYS as above · ARGV two for each. */
const EXHUME = `
for at = 1, #ARGV, 2 do
  if redis.call('HDEL', KEYS[1], ARGV[at]) == 1 then
    redis.call('HDEL', KEYS[2], ARGV[at])
    redis.call('HINCRBY', KEYS[3], ARGV[at + 1], -1)
    redis.call('ZREM', KEYS[4], ARGV[at])
  end
end
return 1
`;

/**
 * Settles an envelope once: its delivered events and dead letters are counted, and what remains
 * replaces its content, in one step. \`expected\` is how many events the caller knew to be open: when
 * somebody else has settled it meanwhile, nothing happens and the answer is 0.
 *
 * It removes before it writes: a full Redis refuses a script whose first write takes room, and lets
 * one go on that has begun. Settling is what empties a full Redis.
 *
 * KEYS facts sealed counts times open ledger job
 * ARGV id expected delivered remaining data dead, then five for each dead letter
 */
const SETTLE = `${BURY}
local open = redis.call('HGET', KEYS[5], ARGV[1])
if not open or tonumber(open) ~= tonumber(ARGV[2]) then return 0 end
local remaining = tonumber(ARGV[4])
local dead = tonumber(ARGV[6])
redis.call('HDEL', KEYS[5], ARGV[1])
bury(KEYS[1], KEYS[2], KEYS[3], KEYS[4], 7, dead)
redis.call('HINCRBY', KEYS[6], 'delivered', ARGV[3])
redis.call('HINCRBY', KEYS[6], 'dead', dead)
redis.call('HINCRBY', KEYS[6], 'queued', remaining - tonumber(ARGV[2]))
if remaining > 0 then
  redis.call('HSET', KEYS[5], ARGV[1], remaining)
  redis.call('HSET', KEYS[7], 'data', ARGV[5])
end
return 1
`;

/** Gives a lock back to everybody, if it is still ours. KEYS lock · ARGV owner */
const UNLOCK = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`;

export const BURY_COMMAND = 'capiBury';
export const EXHUME_COMMAND = 'capiExhume';
export const SETTLE_COMMAND = 'capiSettle';
export const UNLOCK_COMMAND = 'capiUnlock';

export type ScriptArgument = string | number | Buffer;

/** A connection that knows our scripts. */
export interface ScriptedRedis extends Redis {
  [SETTLE_COMMAND](args: ScriptArgument[]): Promise<number>;
  [UNLOCK_COMMAND](args: ScriptArgument[]): Promise<number>;
}

/** Teaches a connection our scripts; teaching it twice does no harm. */
export function withScripts(redis: Redis): ScriptedRedis {
  redis.defineCommand(BURY_COMMAND, { numberOfKeys: 4, lua: BURY_ALL });
  redis.defineCommand(EXHUME_COMMAND, { numberOfKeys: 4, lua: EXHUME });
  redis.defineCommand(SETTLE_COMMAND, { numberOfKeys: 7, lua: SETTLE });
  redis.defineCommand(UNLOCK_COMMAND, { numberOfKeys: 1, lua: UNLOCK });
  return redis as ScriptedRedis;
}
