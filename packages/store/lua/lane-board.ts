import { z } from 'zod';
import { HAPPENED } from './reply.ts';
import type { Script } from './scripts.ts';

/** While the limiter key holds this, BullMQ fetches no job. */
const LIMITED = Number.MAX_SAFE_INTEGER;

/** The limit outlives the halt by this, so that a fetched envelope finds the halt over, in ms. */
const AFTER_MS = 20;

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Runs every write command of the next two scripts on a key that nothing else uses, and reads from
 * the keys that they write to. Redis takes nothing back when one of them is refused: a lane would be
 * halted on the board and its queue would go on, or be active and its queue would let a single
 * envelope out at a time. It begins with what a full Redis does not refuse, because halting a lane
 * matters there too.
 */
const REHEARSAL = `
redis.call('DEL', KEYS[5])
redis.call('HSET', KEYS[5], 'a', 0)
redis.call('HDEL', KEYS[5], 'a')
redis.call('ZADD', KEYS[5], 0, 'a')
redis.call('SET', KEYS[5], 'a', 'PX', 1)
redis.call('DEL', KEYS[5])
redis.call('HGET', KEYS[3], 'concurrency')
redis.call('ZCARD', KEYS[4])
`;

/**
 * Halts a lane, unless its entry on the board is no longer the one that the caller has seen. Answers
 * the entry as it is then, and the time of Redis in ms.
 *
 * KEYS lanes limiter meta marker trial · ARGV pixel, seen entry or nothing, wait in ms, facts as JSON
 */
export const HALT_LANE: Script<[entry: string, now: number]> = {
  name: 'capiLaneHalt',
  lua: () => `${NOW}
local at = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if at ~= ARGV[2] then return {at, now} end
${REHEARSAL}
local wait = tonumber(ARGV[3])
local posted = string.format('%.0f', now + wait) .. ' ' .. ARGV[4]
redis.call('HSET', KEYS[1], ARGV[1], posted)
redis.call('HSET', KEYS[3], 'concurrency', 1)
if wait > 0 then
  redis.call('SET', KEYS[2], '${LIMITED}', 'PX', wait + ${AFTER_MS})
else
  redis.call('DEL', KEYS[2])
  redis.call('ZADD', KEYS[4], 0, '0')
end
return {posted, now}
`,
  reply: z.tuple([z.string(), z.int()]),
};

/**
 * Activates a lane again. Answers 1, or 0 when its entry is no longer the one that the caller has seen.
 *
 * KEYS lanes limiter meta marker trial · ARGV pixel, seen entry
 */
export const RESUME_LANE: Script<boolean> = {
  name: 'capiLaneResume',
  lua: () => `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
${REHEARSAL}
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[3], 'concurrency')
redis.call('DEL', KEYS[2])
redis.call('ZADD', KEYS[4], 0, '0')
return 1
`,
  reply: HAPPENED,
};

/** Answers the time of Redis in ms, and every entry of the board after its pixel. KEYS lanes */
export const READ_LANES: Script<[now: number, entries: string[]]> = {
  name: 'capiLaneRead',
  lua: () => `${NOW}
return {now, redis.call('HGETALL', KEYS[1])}
`,
  reply: z.tuple([z.int(), z.array(z.string()).refine(({ length }) => length % 2 === 0)]),
};
