import { z } from 'zod';
import { DEAD_LETTER_KEYS, INSERT_DEAD_LETTERS } from './dead-letters.ts';
import { ENVELOPE_KEYS, envelopePrelude, rehearsal } from './envelope-prelude.ts';
import { WRITE_RECEIPTS } from './receipts.ts';
import { HAPPENED } from './reply.ts';
import type { Script } from './scripts.ts';

/*
 * What happens to an envelope in Redis, as a whole each: its open entry, the ledger, its dead letters
 * and its BullMQ job change together or not at all. A Redis that comes back older has all of a script
 * or nothing of it, and every script asks what it finds before it changes anything. So each may be
 * sent again after a lost connection.
 */

/** How long an envelope rests whose settlement was refused, so that refusals cannot chase each other, in ms. */
const REFUSED_MS = 1000;

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
 * ARGV id token pixel expected version now, next (done, hold, rest, defer or release) ms why, delivered
 * dead remaining data, a block of receipts, then the arguments of the dead letters
 */
export const SETTLE: Script<[settled: 0 | 1 | 2, about: number, untold?: string | undefined]> = {
  name: 'capiSettle',
  lua: () => `${INSERT_DEAD_LETTERS}${WRITE_RECEIPTS}${envelopePrelude(DEAD_LETTER_KEYS + 1)}
local replay, settlement_trial, receipts = unpack(KEYS, ${DEAD_LETTER_KEYS + ENVELOPE_KEYS + 1})
local expected, held, clock = tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])
local next, ms, why = ARGV[7], tonumber(ARGV[8]), ARGV[9]
local dead, remaining, fresh = tonumber(ARGV[11]), tonumber(ARGV[12]), ARGV[13]
local ours, last_of_receipts = free and 1 or 0, 14 + tonumber(ARGV[14])

local function refuse()
  read_agenda()
  if free and data and not entry then without_entry() end
  if free and data and entry then
    local n = count_of(data)
    if n ~= entry then
      redis.call('SREM', stalled, id)
      redis.call('HINCRBY', ledger, 'queued', n - entry)
      redis.call('HSET', open, id, n)
    end
    leave(${REFUSED_MS}, clock)
  end
  return {0, entry or 0}
end

-- An earlier try was carried out, and its answer got lost.
if fresh ~= '' and data and entry == remaining and version_of(data) == version_of(fresh) then
  return {1, ours}
end
${rehearsal('settlement_trial')}
if not data or entry ~= expected or version_of(data) ~= held then return refuse() end
if next ~= 'done' and next ~= 'hold' then read_agenda() end

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
  redis.call('HINCRBY', ledger, 'delivered', ARGV[10])
  redis.call('HINCRBY', ledger, 'dead', dead)
  redis.call('HINCRBY', ledger, 'queued', remaining - expected)
  if redis.call('EXISTS', replay) == 1 then
    redis.call('HINCRBY', replay, 'delivered', ARGV[10])
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
  if leave(ms, clock) then
    redis.call('HINCRBY', job, 'atm', 1)
    redis.call('HSET', job, 'failedReason', why)
  end
elseif next == 'defer' then leave(ms, clock)
elseif next == 'release' then leave() end
local untold = last_of_receipts > 14 and write_receipts(receipts, 15, last_of_receipts) or ''
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
 * KEYS those of the envelope, trial · ARGV id token pixel version
 */
export const CLAIM: Script<string | null> = {
  name: 'capiClaim',
  lua: () => `${envelopePrelude(1)}
if holder ~= token or not data then return false end
${rehearsal(`KEYS[${ENVELOPE_KEYS + 1}]`)}
if not entry and without_entry() == 'settled' then return false end
local rest = string.gsub(string.gsub(data, '^{"v":"[^"]*",', '{'), '^{"r":%d+,', '{')
local stalls = redis.call('HGET', job, 'stc') or '0'
data = '{"v":"' .. ARGV[4] .. '","r":' .. stalls .. ',' .. string.sub(rest, 2)
redis.call('SREM', stalled, id)
redis.call('HSET', job, 'data', data)
return data
`,
  reply: z.string().nullable(),
};

/**
 * Lets a job wait that holds no envelope: its open entry may say anything, so that no settlement can
 * name it. Answers 0 when another worker holds it.
 *
 * KEYS those of the envelope, trial · ARGV id token pixel ms, the caller's time in ms
 */
export const SET_ASIDE: Script<boolean> = {
  name: 'capiSetAside',
  lua: () => `${envelopePrelude(1)}
if holder ~= token then return 0 end
read_agenda()
${rehearsal(`KEYS[${ENVELOPE_KEYS + 1}]`)}
leave(tonumber(ARGV[4]), tonumber(ARGV[5]))
return 1
`,
  reply: HAPPENED,
};
