import { z } from 'zod';
import { HAPPENED } from './reply.ts';
import type { Script } from './scripts.ts';

/*
 * The agenda says when a worker has to visit the queue of which pixel: one sorted set, scored by the
 * time of Redis in ms. A pixel is in it as long as its queue holds anything. Scripts that put an
 * envelope there, release it or defer it write the agenda in the same step; who visits a queue writes
 * when it has to be visited again. So nothing has to be remembered by a process that may die.
 *
 * The bell is what waiting workers block on: one ring wakes one of them.
 */

/** `now`: the time of Redis in ms. */
export const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** `ring(agenda, bell, pixel, at)`: the queue is to be visited at this moment, or before if it was so. */
export const RING = `
local function ring(agenda, bell, pixel, at)
  redis.call('ZADD', agenda, 'LT', at, pixel)
  redis.call('ZADD', bell, 0, '0')
end
`;

/** How a worker visits the queues of pixels, in ms. */
export interface VisitTimes {
  /** A pixel that is due is offered again after this, whatever becomes of whoever has seen it. */
  readonly shareMs: number;
  /** How long a queue that holds something is left alone at most. */
  readonly recheckMs: number;
  /** How long one whose workers may not hold more waits. */
  readonly fullMs: number;
}

/**
 * The pixels that are due, which are put off so that others see them later. Answers in how many ms the
 * next one is due, -1 where there is none, and the pixels. Where there are more than may be answered,
 * the bell rings for another worker. It starts with a command that a full Redis does not refuse:
 * delivering is what empties it.
 *
 * KEYS agenda bell trial · ARGV most, ms until they are due again, then pixels that the caller does not
 * serve, which are left to others as they are
 */
export const LOOK: Script<[waitMs: number, pixels: string[]]> = {
  name: 'capiLook',
  lua: () => `${NOW}
local agenda, bell = KEYS[1], KEYS[2]
local most, share, strangers = tonumber(ARGV[1]), tonumber(ARGV[2]), #ARGV - 2
redis.call('DEL', KEYS[3])
local strange = {}
for i = 3, #ARGV do strange[ARGV[i]] = true end
local due = {}
local found = redis.call('ZRANGEBYSCORE', agenda, '-inf', now, 'LIMIT', 0, most + strangers)
for _, pixel in ipairs(found) do
  if not strange[pixel] and #due < most then
    due[#due + 1] = pixel
    redis.call('ZADD', agenda, 'XX', now + share, pixel)
  end
end
local next = redis.call('ZRANGE', agenda, 0, strangers, 'WITHSCORES')
local at = 1
while strange[next[at]] do at = at + 2 end
if not next[at] then return {-1, due} end
local wait = math.ceil(math.max(next[at + 1] - now, 0))
if wait == 0 and #due > 0 then redis.call('ZADD', bell, 0, '0') end
return {wait, due}
`,
  reply: z.tuple([z.int(), z.array(z.string())]),
};

/** Rings for pixels that may have work. KEYS agenda bell · ARGV pixels */
export const RING_ALL: Script<boolean> = {
  name: 'capiRing',
  lua: () => `${NOW}${RING}
for _, pixel in ipairs(ARGV) do ring(KEYS[1], KEYS[2], pixel, now) end
return 1
`,
  reply: HAPPENED,
};

/** Lists of a queue whose jobs a worker has to see to. */
export const QUEUE_LISTS = ['wait', 'prioritized', 'delayed', 'active'] as const;

/**
 * Rings for pixels whose queues hold something and that are not in the agenda. Answers how many they
 * are. It rings for those too whose visit is further away than any is put off: the clock of Redis was
 * set back, or another Redis has taken over.
 *
 * KEYS agenda bell, then those of `QUEUE_LISTS` of each pixel · ARGV the furthest in ms, pixels
 */
export const RING_MISSING: Script<number> = {
  name: 'capiRingMissing',
  lua: () => `${NOW}${RING}
local missing = 0
if #KEYS == 2 or redis.call('EXISTS', unpack(KEYS, 3)) == 0 then return missing end
local latest = now + tonumber(ARGV[1])
for i = 2, #ARGV do
  local first = 3 + (i - 2) * ${QUEUE_LISTS.length}
  if redis.call('EXISTS', unpack(KEYS, first, first + ${QUEUE_LISTS.length - 1})) > 0 then
    local at = redis.call('ZSCORE', KEYS[1], ARGV[i])
    if not at then missing = missing + 1 end
    if not at or tonumber(at) > latest then ring(KEYS[1], KEYS[2], ARGV[i], now) end
  end
end
return missing
`,
  reply: z.int(),
};
