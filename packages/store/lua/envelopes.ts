import { z } from 'zod';
import { DEAD_LETTER_KEYS, INSERT_DEAD_LETTERS } from './dead-letters.ts';
import { WRITE_RECEIPTS } from './receipts.ts';
import type { Script } from './scripts.ts';

/*
 * What happens to an envelope in Redis, as a whole each: its open entry, the ledger, its dead letters
 * and its BullMQ job change together or not at all. A Redis that comes back older has all of a script
 * or nothing of it, and every script asks what it finds before it changes anything. So each may be
 * sent again after a lost connection.
 */

/** How many keys an envelope has; the scripts take them in the order of `envelopeKeys`. */
export const ENVELOPE_KEYS = 13;

/** How long an envelope rests whose settlement was refused, so that refusals cannot chase each other, in ms. */
const REFUSED_MS = 1000;

/** BullMQ keeps a stream of what happens in a queue, and this is as much of it as ingest keeps. */
const EVENTS = 100;

/** BullMQ orders delayed jobs by time × 4096, and those with a priority by priority × 2³². */
const DELAY_SCORE = '0x1000';
const PRIORITY_SCORE = '0x100000000';

/**
 * What the scripts have in common. ARGV[1] is the envelope's id, ARGV[2] the token under which the
 * caller locked its job.
 *
 * The keys are BullMQ's where it has any; what is done to them is what BullMQ 6 does itself when it
 * removes a job, delays it, or moves it back to the waiting ones.
 *
 * @param first position of the envelope's keys among KEYS
 */
export function envelopePrelude(first: number): string {
  return `
local open, ledger, job, lock, active, wait, prioritized, delayed, stalled, marker, events, suspects,
  unreadable = unpack(KEYS, ${first}, ${first + ENVELOPE_KEYS - 1})
local id, token = ARGV[1], ARGV[2]
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
end

local function to_delayed(ms, now)
  redis.call('HSET', job, 'delay', ms)
  redis.call('ZADD', delayed, (now + ms) * ${DELAY_SCORE}, id)
  local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
  redis.call('ZADD', marker, first[2] / ${DELAY_SCORE}, '1')
  note('delayed')
end

-- False when it is not being worked on any more, or by another worker: then it stays where it is.
local function leave(ms, now)
  if not free or redis.call('LREM', active, -1, id) == 0 then return false end
  redis.call('SREM', stalled, id)
  redis.call('DEL', lock)
  if ms then to_delayed(ms, now) else to_wait() end
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

/**
 * Settles an envelope and lets its job go where it has to go next, in one step. What is counted is
 * counted once: when another worker has settled or claimed the envelope since the caller read it, or
 * Redis came back older, nothing is counted, and the envelope is released with the content that it
 * has in Redis.
 *
 * It removes before it writes: a full Redis refuses a script whose first write takes room, and lets
 * one go on that has begun. Settling is what empties a full Redis. And before that it tries every
 * command that it may need on another key, so that a missing permission is an error, and reads from
 * every key that it writes to, so that one of a wrong type is an error before anything has changed.
 *
 * What becomes of the events of a replay is counted in it, as long as it is remembered.
 *
 * Answers 1, or 2 where only the receipts failed, and whether no other worker holds the envelope, and why; or 0
 * and how many of its events are open.
 *
 * KEYS nine of dead letters, those of the envelope, replay, trial, receipts
 * ARGV id token expected version now, next (done, hold, rest, defer or release) ms why, delivered
 * dead remaining data, a block of receipts, then the arguments of the dead letters
 */
export const SETTLE: Script<[settled: 0 | 1 | 2, about: number, untold?: string | undefined]> = {
  name: 'capiSettle',
  lua: () => `${INSERT_DEAD_LETTERS}${WRITE_RECEIPTS}${envelopePrelude(DEAD_LETTER_KEYS + 1)}
local replay, settlement_trial, receipts = unpack(KEYS, ${DEAD_LETTER_KEYS + ENVELOPE_KEYS + 1})
local expected, held, now = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local next, ms, why = ARGV[6], tonumber(ARGV[7]), ARGV[8]
local dead, remaining, fresh = tonumber(ARGV[10]), tonumber(ARGV[11]), ARGV[12]
local ours, last_of_receipts = free and 1 or 0, 13 + tonumber(ARGV[13])

local function refuse()
  if free and data and not entry then without_entry() end
  if free and data and entry then
    local n = count_of(data)
    if n ~= entry then
      redis.call('SREM', stalled, id)
      redis.call('HINCRBY', ledger, 'queued', n - entry)
      redis.call('HSET', open, id, n)
    end
    leave(${REFUSED_MS}, now)
  end
  return {0, entry or 0}
end

-- An earlier try was carried out, and its answer got lost.
if fresh ~= '' and data and entry == remaining and version_of(data) == version_of(fresh) then
  return {1, ours}
end
${rehearsal('settlement_trial')}
if not data or entry ~= expected or version_of(data) ~= held then return refuse() end

if remaining ~= expected then
  redis.call('HGET', ledger, 'queued')
  redis.call('HGET', unreadable, id)
  redis.call('SISMEMBER', stalled, id)
  if dead > 0 then
    redis.call('ZCARD', KEYS[1])
    for key = 2, 9 do redis.call('HLEN', KEYS[key]) end
  end
  redis.call('HDEL', suspects, id)
  redis.call('HDEL', unreadable, id)
  if dead > 0 then insert_dead_letters(last_of_receipts + 1) end
  redis.call('HINCRBY', ledger, 'delivered', ARGV[9])
  redis.call('HINCRBY', ledger, 'dead', dead)
  redis.call('HINCRBY', ledger, 'queued', remaining - expected)
  if redis.call('EXISTS', replay) == 1 then
    redis.call('HINCRBY', replay, 'delivered', ARGV[9])
    redis.call('HINCRBY', replay, 'died', dead)
  end
  if remaining > 0 then
    redis.call('HSET', open, id, remaining)
    redis.call('HSET', job, 'data', fresh)
  else
    redis.call('HDEL', open, id)
  end
elseif fresh ~= '' then redis.call('HSET', job, 'data', fresh) end

if next == 'done' then remove()
elseif next == 'rest' then
  if leave(ms, now) then
    redis.call('HINCRBY', job, 'atm', 1)
    redis.call('HSET', job, 'failedReason', why)
  end
elseif next == 'defer' then leave(ms, now)
elseif next == 'release' then leave() end
local untold = last_of_receipts > 13 and write_receipts(receipts, 14, last_of_receipts) or ''
return {untold == '' and 1 or 2, ours, untold}
`,
  reply: z.tuple([z.literal([0, 1, 2]), z.int(), z.string().optional()]),
};

/**
 * Makes an envelope that a vanished worker held the caller's own: what that worker still settles
 * from now on is refused. Answers its content, or nothing when there is nothing to do: it was
 * settled, or another worker holds it. Like a settlement it tries its commands first: a settled job
 * that was taken from its list and could not be deleted would never be found again.
 *
 * KEYS those of the envelope, trial · ARGV id token version
 */
export const CLAIM: Script<string | null> = {
  name: 'capiClaim',
  lua: () => `${envelopePrelude(1)}
if holder ~= token or not data then return false end
${rehearsal(`KEYS[${ENVELOPE_KEYS + 1}]`)}
if not entry and without_entry() == 'settled' then return false end
local rest = string.gsub(string.gsub(data, '^{"v":"[^"]*",', '{'), '^{"r":%d+,', '{')
local stalls = redis.call('HGET', job, 'stc') or '0'
data = '{"v":"' .. ARGV[3] .. '","r":' .. stalls .. ',' .. string.sub(rest, 2)
redis.call('SREM', stalled, id)
redis.call('HSET', job, 'data', data)
return data
`,
  reply: z.string().nullable(),
};
