import { z } from 'zod';
import { HAPPENED } from './reply.ts';
import type { Script } from './scripts.ts';

/** What the names of those begin with that do the duties of the fleet. */
export const DUTIES = 'duties';

/**
 * Takes a lock when it is free, or its owner is known to be dead. A new owner of the duties frees the
 * locks that an earlier one still holds on single duties: that one is fenced, because each of its
 * steps asks in its own script whether its lock is still there. Answers nothing when it is ours now,
 * else its owner.
 *
 * KEYS lock, then those of single duties · ARGV owner ms dead
 */
export const LOCK: Script<string | null> = {
  name: 'capiLock',
  lua: () => `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[3] then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if holder == ARGV[1] then return false end
for n = 2, #KEYS do
  local left = redis.call('GET', KEYS[n])
  if left and left ~= ARGV[1] and string.find(left, '${DUTIES}:', 1, true) == 1 then
    redis.call('DEL', KEYS[n])
  end
end
return false
`,
  reply: z.string().nullable(),
};

/** Releases a lock if it is still ours. Answers 1 if so, else 0. KEYS lock · ARGV owner */
export const UNLOCK: Script<boolean> = {
  name: 'capiUnlock',
  lua: () => `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`,
  reply: HAPPENED,
};

/**
 * Moves how far dead letters have been published, as long as the lock is ours, and keeps the lock. It
 * never moves back. It extends before it writes: a full Redis lets a script go on that has begun.
 * Answers 0 when the lock is not ours any more, else 1.
 *
 * KEYS lock totals · ARGV owner ms field page
 */
export const PUBLISHED: Script<boolean> = {
  name: 'capiPublished',
  lua: () => `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if tonumber(redis.call('HGET', KEYS[2], ARGV[3]) or 0) < tonumber(ARGV[4]) then
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
end
return 1
`,
  reply: HAPPENED,
};
