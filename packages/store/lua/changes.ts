import { z } from 'zod';
import { PASSED } from '../status/ledger.ts';
import {
  DEAD_LETTER_KEYS,
  INSERT_DEAD_LETTERS,
  MARK_PAGES,
  REMOVE_DEAD_LETTERS,
} from './dead-letters.ts';
import { WINDOW } from './duplicates.ts';
import { CHANGE_RANGES, GONE } from './parking.ts';
import { WRITE_RECEIPTS } from './receipts.ts';
import { HAPPENED } from './reply.ts';
import type { Script } from './scripts.ts';

/*
 * The two scripts that put envelopes into the queue: of an intake, and of a change of dead letters.
 * Each is one script, BullMQ's own among it, because a transaction carries on after a command in it
 * has failed: its watermark would move although an envelope is missing.
 */

/** A script of BullMQ that adds a job. */
export interface JobScript {
  readonly lua: string;
  readonly keys: number;
  /** The list or the sorted set that the job waits in, as its place among the keys. */
  readonly waitsAt: number;
  /** What takes it from there again. */
  readonly remove: 'LREM' | 'ZREM';
}

/** Dead letters, then the set of all pixels and a key that never exists. */
const FIXED_KEYS = DEAD_LETTER_KEYS + 2;

const CURSOR = `
local key_at, arg_at = ${FIXED_KEYS}, 0
local function next_key() key_at = key_at + 1 return KEYS[key_at] end
local function next_arg() arg_at = arg_at + 1 return ARGV[arg_at] end
local function on_block(work)
  local size = tonumber(next_arg())
  local first = arg_at + 1
  arg_at = arg_at + size
  if size > 0 then work(first, arg_at) end
end
`;

/** ARGV ledgers, then for each: pixel or nothing, fields, and field and number of each. KEYS ledgers */
const LEDGERS = `
local function change_ledgers()
  for _ = 1, tonumber(next_arg()) do
    local pixel, ledger = next_arg(), next_key()
    if pixel ~= '' then redis.call('SADD', KEYS[${DEAD_LETTER_KEYS + 1}], pixel) end
    for _ = 1, tonumber(next_arg()) do
      local field, n = next_arg(), next_arg()
      if field == '${PASSED}' then set_field(ledger, field, redis.call('HGET', ledger, 'filtered') or 0)
      else gain(ledger, field, n) end
    end
  end
end
`;

/** ARGV envelopes, then for each: id, events, three of BullMQ. KEYS for each: job, open, BullMQ's. */
function envelopes({ lua, keys, waitsAt, remove }: JobScript): string {
  const arguments_ = remove === 'LREM' ? 'list, 1, id' : 'list, id';
  return `
local function add_job(KEYS, ARGV)
${lua}
end
local function remove_job(job, list, id)
  redis.call('DEL', job)
  local removed = redis.pcall('${remove}', ${arguments_})
  -- A key of another type took no job.
  if type(removed) == 'table' and not string.find(removed.err, 'WRONGTYPE', 1, true) then
    error(removed)
  end
end
local function put_envelopes()
  for _ = 1, tonumber(next_arg()) do
    local id, events, job, open = next_arg(), next_arg(), next_key(), next_key()
    local keys, args = {}, {}
    for i = 1, ${keys} do keys[i] = next_key() end
    for i = 1, 3 do args[i] = next_arg() end
    -- BullMQ ignores a job whose id it has, and with it would go the events.
    if redis.call('EXISTS', job) == 1 then
      error({err = 'ERR the envelope ' .. id .. ' is in the queue already'})
    end
    set_field(open, id, events)
    undone(function() remove_job(job, keys[${waitsAt}], id) end)
    local answer = add_job(keys, args)
    if answer ~= id then
      error({err = 'ERR BullMQ refuses an envelope: it answers ' .. tostring(answer)})
    end
  end
end
`;
}

const NO_ENVELOPES = `
local function put_envelopes() next_arg() end
`;

function middle(script: JobScript | null): string {
  return `${CURSOR}${LEDGERS}${script === null ? NO_ENVELOPES : envelopes(script)}`;
}

/** Whether an intake was written; or the places of events that are in the window. */
type IntakeReply = -1 | 0 | 1 | number[] | string;

/** Before why its receipts were refused, in the answer of an intake that was written. */
export const UNTOLD = 'UNTOLD ';

/**
 * Writes an intake, if every watermark is at the start of the intake. Answers 1 when it was written, by
 * this call or by one whose answer was lost, and 0 when a watermark stands elsewhere: then nothing
 * was written. The watermarks move in the last command, together with the name of the intake, so
 * that a reader who finds it there knows that all of it was written. Receipts come after it, and fail
 * alone: then it answers why. Where some of its events are in the window already, it answers their places,
 * and -1 where one that it left out is not: then nothing was written either. The same goes for 0 where a
 * parked range is another than the intake says. Where it gave parked events up, it answers how many.
 *
 * KEYS nine of dead letters, pixels, trial; watermark and marker of each partition; window; parked ranges; then as above; receipts
 * ARGV name of the intake, partitions, from and to of each; window; parking; ledgers; dead letters; envelopes; receipts
 */
export function intakeScript(script: JobScript | null): Script<IntakeReply> {
  return {
    name: script === null ? 'capiIntake' : 'capiIntakeOfEnvelopes',
    lua: () => `${INSERT_DEAD_LETTERS}${WRITE_RECEIPTS}${WINDOW}${middle(script)}
local name = next_arg()
local marks, moved, froms = {}, {}, {}
for i = 1, tonumber(next_arg()) do
  local watermark, marker = next_key(), next_key()
  froms[i] = next_arg()
  for _, each in ipairs({watermark, marker}) do marks[#marks + 1] = each end
  for _, each in ipairs({watermark, next_arg(), marker, name}) do moved[#moved + 1] = each end
end
local window
local window_index = next_key()
on_block(function(first) window = read_window(window_index, first) end)
${CHANGE_RANGES}
-- One that reads parked events again moves no watermark.
local found = #marks == 0 and {} or redis.call('MGET', unpack(marks))
local written, expected = #marks > 0, true
for i, from in ipairs(froms) do
  if found[i * 2 - 1] ~= moved[i * 4 - 2] or found[i * 2] ~= name then written = false end
  if (found[i * 2 - 1] or '') ~= from then expected = false end
end
if written then return 1 end
if not expected or parking_refuses() then return 0 end
local refusal = window and window_refuses(window)
if refusal then return refusal end
return all_or_nothing(function()
  redis.call('HINCRBY', KEYS[9], 'held', 0)
  rehearse(KEYS[${FIXED_KEYS}])
  change_ledgers()
  on_block(insert_dead_letters)
  put_envelopes()
  change_ranges()
  if window then remember(window, KEYS[${FIXED_KEYS}]) end
  if #moved > 0 then redis.call('MSET', unpack(moved)) end
  if window then pcall(drop_forgotten, window) end
  local answer, receipts = 1, next_key()
  on_block(function(first, last)
    local untold = write_receipts(receipts, first, last)
    if untold then answer = '${UNTOLD}' .. untold end
  end)
  if #gone > 0 then answer = '${GONE}' .. table.concat(gone, ' ') end
  return answer
end)
`,
    reply: z.union([
      z.literal([-1, 0, 1]),
      z.array(z.int().min(0)).min(1),
      z.string().startsWith(UNTOLD),
      z.string().startsWith(GONE),
    ]),
  };
}

/**
 * Changes dead letters while the lock is the caller's, and keeps the lock. Answers 1 when it happened,
 * and 0 when the lock is another's: then nothing was written. A purge frees memory, so that a full
 * Redis lets it through; what adds anything is refused there as a whole.
 *
 * KEYS nine of dead letters, pixels, trial; lock, purged, imported, replay, audit; then as above; receipts
 * ARGV owner, ms, whether it adds anything; ledgers; inserted; envelopes; removed; purged; imported;
 * fields of the replay; entry of the audit trail; receipts, which fail alone
 */
export function deadLetterChangeScript(script: JobScript | null): Script<boolean> {
  return {
    name: script === null ? 'capiChangeDeadLetters' : 'capiChangeDeadLettersAndEnvelopes',
    lua: () => `${INSERT_DEAD_LETTERS}${REMOVE_DEAD_LETTERS}${MARK_PAGES}${WRITE_RECEIPTS}${middle(script)}
local lock, purged, imported, replay, audit = next_key(), next_key(), next_key(), next_key(), next_key()
local owner, ms, adds = next_arg(), next_arg(), next_arg()
if redis.call('GET', lock) ~= owner then return 0 end
return all_or_nothing(function()
  if adds == '1' then redis.call('SET', lock, owner, 'PX', ms)
  else redis.call('PEXPIRE', lock, ms) end
  rehearse(KEYS[${FIXED_KEYS}])
  change_ledgers()
  on_block(insert_dead_letters)
  put_envelopes()
  on_block(remove_dead_letters)
  for _, key in ipairs({purged, imported}) do
    on_block(function(first, last) mark_pages(key, first, last) end)
  end
  on_block(function(first, last)
    for i = first, last, 2 do set_field(replay, ARGV[i], ARGV[i + 1]) end
  end)
  on_block(function(first, last) redis.call('XADD', audit, unpack(ARGV, first, last)) end)
  local receipts = next_key()
  on_block(function(first, last) write_receipts(receipts, first, last) end)
  return 1
end)
`,
    reply: HAPPENED,
  };
}
