import { NOW, RING } from './agenda.ts';

/** How many keys an envelope has; the scripts take them in the order of `envelopeKeys`. */
export const ENVELOPE_KEYS = 15;

/** BullMQ keeps a stream of what happens in a queue, and this is as much of it as ingest keeps. */
const EVENTS = 100;

/** BullMQ orders delayed jobs by time × 4096, and those with a priority by priority × 2³². */
const DELAY_SCORE = '0x1000';
const PRIORITY_SCORE = '0x100000000';

/**
 * What the scripts have in common. ARGV[1] is the envelope's id, ARGV[2] the token under which the
 * caller locked its job, ARGV[3] its pixel.
 *
 * The keys are BullMQ's where it has any; what is done to them is what BullMQ 6 does itself when it
 * removes a job, delays it, or moves it back to the waiting ones.
 *
 * @param first position of the envelope's keys among KEYS
 */
export function envelopePrelude(first: number): string {
  return `${NOW}${RING}
local open, ledger, job, lock, active, wait, prioritized, delayed, stalled, marker, events, suspects,
  unreadable, agenda, bell = unpack(KEYS, ${first}, ${first + ENVELOPE_KEYS - 1})
local id, token, pixel = ARGV[1], ARGV[2], ARGV[3]
local data = redis.call('HGET', job, 'data')
local entry = tonumber(redis.call('HGET', open, id))
local holder = redis.call('GET', lock)
-- No other worker has it.
local free = not holder or holder == token

local function version_of(text) return string.match(text, '^{"v":"([^"]*)"') or '' end
local function count_of(text) return tonumber(string.match(text, '"n":(%d+)')) or 0 end
local function note(event)
  redis.call('XADD', events, 'MAXLEN', '~', ${EVENTS}, '*', 'event', event, 'jobId', id, 'prev', 'active')
end

local function unlist()
  local found = redis.call('LREM', active, -1, id)
  if found == 0 then found = redis.call('LREM', wait, -1, id) end
  if found == 0 then found = redis.call('ZREM', delayed, id) end
  if found == 0 then found = redis.call('ZREM', prioritized, id) end
  redis.call('SREM', stalled, id)
  return found
end

local function remove()
  redis.call('HDEL', unreadable, id)
  unlist()
  redis.call('DEL', job, lock)
  note('completed')
end

local function to_wait()
  local priority = tonumber(redis.call('HGET', job, 'priority')) or 0
  if priority > 0 then redis.call('ZADD', prioritized, priority * ${PRIORITY_SCORE}, id)
  else redis.call('RPUSH', wait, id) end
  redis.call('ZADD', marker, 0, '0')
  note('waiting')
  ring(agenda, bell, pixel, now)
end

-- BullMQ orders them by the clock of who delays them, and the agenda by that of Redis.
local function to_delayed(ms, clock)
  redis.call('HSET', job, 'delay', ms)
  redis.call('ZADD', delayed, (clock + ms) * ${DELAY_SCORE}, id)
  local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
  redis.call('ZADD', marker, first[2] / ${DELAY_SCORE}, '1')
  note('delayed')
  ring(agenda, bell, pixel, now + ms + 1)
end

-- Before anything is written: their types are right, and what reads them is allowed.
local function read_agenda()
  redis.call('ZSCORE', agenda, pixel)
  redis.call('ZCARD', bell)
end

-- False when it is not being worked on any more, or by another worker: then it stays where it is.
local function leave(ms, clock)
  if not free or redis.call('LREM', active, -1, id) == 0 then return false end
  redis.call('SREM', stalled, id)
  redis.call('DEL', lock)
  if ms then to_delayed(ms, clock) else to_wait() end
  return true
end

-- A job that has no open entry was settled, unless the ledger still waits for as many events.
local function without_entry()
  local known = 0
  for _, n in ipairs(redis.call('HVALS', open)) do known = known + n end
  local queued = tonumber(redis.call('HGET', ledger, 'queued')) or 0
  local n = count_of(data)
  if n == 0 or queued - known < n then
    remove()
    return 'settled'
  end
  redis.call('SREM', stalled, id)
  redis.call('HSET', open, id, n)
  entry = n
  return 'restored'
end
`;
}

/**
 * Runs every command that a script about an envelope may need from its first write on, on a key that
 * nothing else uses; reads are among them. Redis takes nothing back when a user may not run one of
 * them: the ledger would move, and once more with each try. It starts with commands that a full Redis does not
 * refuse.
 */
export function rehearsal(key: string): string {
  return `
local trial = ${key}
redis.call('DEL', trial)
redis.call('HDEL', trial, 'a')
redis.call('HINCRBY', trial, 'a', 0)
redis.call('HSET', trial, 'a', 0)
redis.call('DEL', trial)
redis.call('EXISTS', trial)
redis.call('ZADD', trial, 0, 'a')
redis.call('ZRANGE', trial, 0, 0)
redis.call('ZREM', trial, 'a')
redis.call('RPUSH', trial, 'a')
redis.call('LREM', trial, 1, 'a')
redis.call('SREM', trial, 'a')
redis.call('XADD', trial, 'MAXLEN', '~', 1, '*', 'a', '')
redis.call('DEL', trial)
`;
}
