import { DESELECTED } from '#core/mapping/mapping-result.ts';
import { filteredField, PASSED } from '../status/ledger.ts';
import type { ScriptInput } from './scripts.ts';

/** How many arguments an operation on parked ranges has: kind, name, pixel, from, to, events, time, gone. */
const PARKING_ARGUMENTS = 8;

/** Before what an intake found lost or left out of parked events, in the answer of one that was written. */
export const GONE = 'GONE ';

/**
 * Parked ranges. A partition has a hash: pixel → its range, and `.` → up to where ingests that know of
 * parking have read. Another hash names those of all partitions. Follows `CURSOR` and `ATOMIC`.
 *
 * `parking_refuses()` answers, before anything is written, whether a range is another than the caller
 * knows. `change_ranges()` carries the operations out. What they find lost or left out is in `gone`:
 *
 *   park    an intake left events of a pixel in Kafka: its range begins, or goes on
 *   seen    an intake moved the watermark of a partition that has ranges
 *   close   a range goes on no more, and ends at an offset at most (-1: where it ends now)
 *   found   a stretch was read again, and that many parked messages of the pixel were in it; at `gone`
 *           offsets of it Kafka has no message any more that can be read
 *   lose    Kafka has deleted the first part of a range
 *   drop    the same of a pixel that is not configured any more: its events are left out
 *   keep    how long Kafka keeps the messages of a topic, in ms
 *
 * A range that ends takes what was not found with it. As many of them are lost as there were offsets
 * without a message; the others are in Kafka, and their pixel does not select them any more. How many
 * events a deleted part had is estimated by its length; what is found beyond the rest is taken back from
 * the lost ones.
 *
 * KEYS index, then for each: ranges of the partition, ledger of the pixel
 */
export const CHANGE_RANGES = `
local parking, gone = {}, {}
local parked_index = next_key()
on_block(function(first, last)
  for at = first, last, ${PARKING_ARGUMENTS} do
    parking[#parking + 1] = {kind = ARGV[at], name = ARGV[at + 1], pixel = ARGV[at + 2],
      from = tonumber(ARGV[at + 3]), to = tonumber(ARGV[at + 4]), events = tonumber(ARGV[at + 5]),
      time = tonumber(ARGV[at + 6]), gone = tonumber(ARGV[at + 7]), topic = ARGV[at + 2], hash = next_key(), ledger = next_key()}
  end
end)
local function range_of(hash, pixel)
  local text = redis.call('HGET', hash, pixel)
  if not text then return nil end
  local from, to, events, lost, since, time, state, holes =
    string.match(text, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%-?%d+) ([oc]) ?(%d*)$')
  if not from then error({err = 'ERR a parked range in Redis is damaged'}) end
  return {from = tonumber(from), to = tonumber(to), events = tonumber(events), lost = tonumber(lost),
    since = tonumber(since), time = tonumber(time), state = state, holes = tonumber(holes) or 0}
end
local function keep_range(op, range)
  local text = string.format('%.0f %.0f %.0f %.0f %.0f %.0f %s',
    range.from, range.to, range.events, range.lost, range.since, range.time, range.state)
  if range.holes > 0 then text = text .. string.format(' %.0f', range.holes) end
  set_field(op.hash, op.pixel, text)
end
local function lose_events(op, range, n)
  if n == 0 then return end
  gain(op.ledger, 'parked', -n)
  gain(op.ledger, 'lost', n)
  range.events, range.lost = range.events - n, range.lost + n
  for _, word in ipairs({op.pixel, n, 0}) do gone[#gone + 1] = word end
end
local function leave_out(op, range, n)
  if n == 0 then return end
  gain(op.ledger, 'parked', -n)
  gain(op.ledger, 'filtered', n)
  gain(op.ledger, '${filteredField(DESELECTED)}', n)
  -- They are no part of the row of events that are filtered now.
  if redis.call('HEXISTS', op.ledger, '${PASSED}') == 1 then gain(op.ledger, '${PASSED}', n) end
  range.events = range.events - n
  for _, word in ipairs({op.pixel, 0, n}) do gone[#gone + 1] = word end
end
-- Keeps a range, or ends it where nothing of it is left.
local function put_range(op, range)
  if range.from < range.to then return keep_range(op, range) end
  lose_events(op, range, math.min(range.events, range.holes))
  leave_out(op, range, range.events)
  delete_field(op.hash, op.pixel)
  if redis.call('HLEN', op.hash) == 1 then delete_field(op.hash, '.') end
  if redis.call('HLEN', op.hash) == 0 then delete_field(parked_index, op.name) end
end
local function parking_refuses()
  for _, op in ipairs(parking) do
    if op.kind == 'found' or op.kind == 'lose' or op.kind == 'drop' then
      local range = range_of(op.hash, op.pixel)
      if not range or range.from ~= op.from then return true end
    elseif op.kind == 'park' then
      local range = range_of(op.hash, op.pixel)
      if range and range.state == 'c' then return true end
    end
  end
  return false
end
local parking_does = {
  park = function(op, range, now)
    if not range then
      range = {from = op.from, to = op.to, events = 0, lost = 0, since = now, time = op.time, state = 'o',
        holes = 0}
      if redis.call('HEXISTS', parked_index, op.name) == 0 then set_field(parked_index, op.name, '') end
    end
    range.to, range.events = math.max(range.to, op.to), range.events + op.events
    keep_range(op, range)
  end,
  close = function(op, range)
    if not range then return end
    range.state = 'c'
    if op.to >= 0 and op.to < range.to then
      range.holes = range.holes + range.to - math.max(range.from, op.to)
      range.to = op.to
    end
    put_range(op, range)
  end,
  found = function(op, range)
    local here = math.min(op.events, range.events)
    local back = math.min(op.events - here, range.lost)
    range.events, range.lost = range.events - here, range.lost - back
    if here > 0 then gain(op.ledger, 'parked', -here) end
    if back > 0 then gain(op.ledger, 'lost', -back) end
    -- They were counted when they were parked, and are again as what they have become.
    if here + back > 0 then gain(op.ledger, 'consumed', -here - back) end
    range.from, range.time, range.holes = op.to, op.time, range.holes + op.gone
    put_range(op, range)
  end,
}
-- The first part of a range has gone: how many offsets, and how many events by estimate.
local function part_of(op, range)
  local length = math.min(op.to, range.to) - range.from
  return length, math.floor(range.events * length / (range.to - range.from))
end
function parking_does.lose(op, range)
  local length, n = part_of(op, range)
  lose_events(op, range, n)
  range.from, range.time, range.holes = op.to, op.time, range.holes + length - n
  put_range(op, range)
end
function parking_does.drop(op, range)
  local _, n = part_of(op, range)
  leave_out(op, range, n)
  range.from, range.time = op.to, op.time
  put_range(op, range)
end
local function change_ranges()
  if #parking == 0 then return end
  local now = redis.call('TIME')
  now = now[1] * 1000 + math.floor(now[2] / 1000)
  for _, op in ipairs(parking) do
    if op.kind == 'seen' then
      if redis.call('HLEN', op.hash) > 0 then
        set_field(op.hash, '.', string.format('%.0f', op.to) .. ' ' .. op.topic)
      end
    elseif op.kind == 'keep' then
      if redis.call('HEXISTS', parked_index, op.name) == 1 then
        set_field(parked_index, op.name, string.format('%.0f', op.time))
      end
    else
      parking_does[op.kind](op, range_of(op.hash, op.pixel), now)
    end
  end
end
`;

/** For a script that changes no ranges. */
export const NO_PARKING: ScriptInput = { keys: [], args: [0] };
