import { z } from 'zod';
import { HAPPENED } from './reply.ts';
import type { Script } from './scripts.ts';

/** While the limiter key holds this, BullMQ fetches no job. */
const LIMITED = Number.MAX_SAFE_INTEGER;

/** The limit outlives the halt by this, so that a fetched envelope finds the halt over, in ms. */
const AFTER_MS = 20;

/** `now`: the time of Redis in ms. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Runs every write command of the next scripts on a key that nothing else uses, and reads from
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

/** Lets a queue give out one envelope at a time, and none before `wait` ms are over. */
const HALT_QUEUE = `
redis.call('HSET', KEYS[3], 'concurrency', 1)
if wait > 0 then
  redis.call('SET', KEYS[2], '${LIMITED}', 'PX', wait + ${AFTER_MS})
else
  redis.call('DEL', KEYS[2])
  redis.call('ZADD', KEYS[4], 0, '0')
end
`;

const FREE_QUEUE = `
redis.call('HDEL', KEYS[3], 'concurrency')
redis.call('DEL', KEYS[2])
redis.call('ZADD', KEYS[4], 0, '0')
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
${HALT_QUEUE}
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
${FREE_QUEUE}
return 1
`,
  reply: HAPPENED,
};

/**
 * Changes a lane for a person, with an entry in the audit trail, unless its entry on the board is no
 * longer the one that the caller has seen. Answers 1, or 0 then.
 *
 * Only this script changes or removes the entry of a paused lane. A byte in it is no UTF-8: whoever reads
 * it reads U+FFFD there, and the two scripts above, to which workers of every release send what they have
 * read, find another entry than the one that they expect. While a lane is paused, its queue gives out
 * nothing, to any release: no more than 0 envelopes may be active.
 *
 * KEYS those of the board, audit · ARGV pixel, seen entry, what the lane is to be (active, halted or
 * paused), until when by the time of Redis in ms (0 for now), facts as JSON, arguments of XADD
 */
export const CHANGE_LANE: Script<boolean> = {
  name: 'capiLaneChange',
  lua: () => `${NOW}
local at = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if string.gsub(at, '\\255', '\\239\\191\\189') ~= ARGV[2] then return 0 end
${REHEARSAL}
redis.call('XADD', KEYS[#KEYS], unpack(ARGV, 6))
if ARGV[3] == 'active' then
  redis.call('HDEL', KEYS[1], ARGV[1])
  ${FREE_QUEUE}
  return 1
end
local up_to = tonumber(ARGV[4])
if up_to == 0 then up_to = now end
local facts = ARGV[5]
if ARGV[3] == 'paused' then facts = string.sub(facts, 1, -2) .. ',"held":"\\255"}' end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', up_to) .. ' ' .. facts)
local wait = math.max(up_to - now, 0)
if ARGV[3] == 'paused' then
  redis.call('HSET', KEYS[3], 'concurrency', 0)
else
  ${HALT_QUEUE}
end
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
