import type { Redis } from 'ioredis';
import { z } from 'zod';
import { HALT_STATES, type Halt } from '#core/delivery/halt.ts';
import { queueName } from '../keys.ts';
import type { Store } from '../store.ts';
import { parseStored } from '../stored-value.ts';

/*
 * The halted lanes of the whole fleet: one hash with a field for each such pixel, so that a
 * fleet without trouble reads an empty hash. BullMQ's own scripts obey what is written beside it in
 * the same step: its rate limit key keeps every worker from fetching while the lane is halted, and
 * its global concurrency of one lets a single envelope out to probe it. Moments are Redis's, so that
 * the clocks of workers need not agree.
 */

/** A halted lane, with the version that a change must name. */
export interface PostedHalt {
  readonly halt: Halt;
  readonly version: string;
}

export interface LaneBoard {
  /** Every halted lane, by pixel. */
  read(): Promise<Map<string, PostedHalt>>;
  /**
   * Halts a lane in every worker. When another worker has changed it since `seen`, nothing
   * happens; the answer is the halt that is posted now.
   */
  halt(pixelId: string, seen: PostedHalt | null, halt: Halt): Promise<PostedHalt | null>;
  /** Activates a lane again; false when another worker has changed it since `seen`. */
  resume(pixelId: string, seen: PostedHalt): Promise<boolean>;
}

const HALT_FACTS = z.object({
  state: z.enum(HALT_STATES),
  why: z.string(),
  rejecting: z.boolean(),
  turn: z.number(),
});

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
 * KEYS lanes limiter meta marker trial · ARGV pixel, seen, wait, facts. Answers what stands there, and
 * when.
 */
const HALT = `${NOW}
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
`;

/** KEYS as above · ARGV pixel, seen. */
const OPEN = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
${REHEARSAL}
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[3], 'concurrency')
redis.call('DEL', KEYS[2])
redis.call('ZADD', KEYS[4], 0, '0')
return 1
`;

/** KEYS lanes. */
const READ = `${NOW}
return {now, redis.call('HGETALL', KEYS[1])}
`;

interface BoardRedis extends Redis {
  capiLaneHalt(...args: (string | number)[]): Promise<[string, number]>;
  capiLaneOpen(...args: (string | number)[]): Promise<number>;
  capiLaneRead(key: string): Promise<[number, string[]]>;
}

export function createLaneBoard(store: Store): LaneBoard {
  const board = store.redis as BoardRedis;
  store.redis.defineCommand('capiLaneHalt', { numberOfKeys: 5, lua: HALT });
  store.redis.defineCommand('capiLaneOpen', { numberOfKeys: 5, lua: OPEN });
  store.redis.defineCommand('capiLaneRead', { numberOfKeys: 1, lua: READ });
  const { lanes, settlementTrial } = store.keys;
  const keysOf = (pixelId: string): string[] => {
    const ofQueue = ['limiter', 'meta', 'marker'];
    const keys = ofQueue.map((part) => `${store.keys.prefix}:${queueName(pixelId)}:${part}`);
    return [lanes, ...keys, settlementTrial];
  };
  return {
    async read() {
      const [now, fields] = await board.capiLaneRead(lanes);
      const posted = new Map<string, PostedHalt>();
      for (let at = 0; at + 1 < fields.length; at += 2) {
        const one = toPosted(fields[at + 1] ?? '', now);
        if (one !== null) posted.set(fields[at] ?? '', one);
      }
      return posted;
    },
    async halt(pixelId, seen, { until, ...facts }) {
      const waitMs = Math.max(Math.round(until - Date.now()), 0);
      const args = [pixelId, seen?.version ?? '', waitMs, JSON.stringify(facts)];
      const [version, now] = await board.capiLaneHalt(...keysOf(pixelId), ...args);
      return toPosted(version, now);
    },
    async resume(pixelId, seen) {
      return (await board.capiLaneOpen(...keysOf(pixelId), pixelId, seen.version)) === 1;
    },
  };
}

/** @param now when Redis answered, by its own clock; ours is put in its place */
function toPosted(version: string, now: number): PostedHalt | null {
  const space = version.indexOf(' ');
  if (space < 0) return null;
  const facts = parseStored(version.slice(space + 1), 'the halt of a lane', HALT_FACTS);
  const until = Number(version.slice(0, space)) - now + Date.now();
  return { version, halt: { ...facts, until } };
}
