import { z } from 'zod';
import type { Script } from './scripts.ts';

/** Into how many parts the memory and the time of receipts are divided: one is dropped at once. */
const PARTS = 16;

/** What an entry of a stream takes besides its texts, in bytes. */
const ENTRY_BYTES = 40;

/** An allocator rounds up by at most a quarter. Source: jemalloc, size classes: four for each doubling. */
const ROUNDING = 1.25;

/**
 * What is kept for some time, in parts: a hash says of each its number, since when it has been written
 * to, and how much it has. `parts_of(index)` reads it; `drop_parts` drops the oldest of them.
 */
export const PARTS_OF = `
local function parts_of(index)
  local parts, total = {}, 0
  local flat = redis.call('HGETALL', index)
  for i = 1, #flat, 2 do
    local since, bytes = string.match(flat[i + 1], '^(%d+) (%d+)$')
    parts[#parts + 1] = {n = tonumber(flat[i]), since = tonumber(since), bytes = tonumber(bytes)}
    total = total + bytes
  end
  table.sort(parts, function(a, b) return a.n < b.n end)
  return parts, total
end
local function drop_parts(index, parts, total, keep, most, now)
  for i = 1, #parts - 1 do
    -- The newest of a part is as old as the part after it.
    if total <= most and parts[i + 1].since > now - keep then return end
    local part = index .. ':' .. parts[i].n
    -- To free a million names takes DEL half a second, in which Redis does nothing else. A user may lack UNLINK.
    local freed = redis.pcall('UNLINK', part)
    if type(freed) == 'table' then redis.call('DEL', part) end
    redis.call('HDEL', index, parts[i].n)
    total = total - parts[i].bytes
  end
end
`;

/**
 * Writes receipts to the newest part, and drops the oldest ones when they are too old or too large
 * together. A receipt is not worth what it belongs to: whatever fails here fails alone. Returns
 * nothing when all were written, and else why they were not. Follows `ATOMIC`, which has `words`.
 *
 * ARGV from `first` to `last`: for how many seconds they are kept, bytes of all; then two arguments
 * for each: facts, names
 */
export const WRITE_RECEIPTS = `${PARTS_OF}
local function put_receipts(index, first, last)
  local keep, most = tonumber(ARGV[first]), tonumber(ARGV[first + 1])
  local now = tonumber(redis.call('TIME')[1])
  local ms = math.ceil(keep * 1000 * ${1 + 2 / PARTS})
  local parts, total = parts_of(index)
  local newest = parts[#parts]
  local full = not newest or newest.bytes >= most / ${PARTS} or now - newest.since >= keep / ${PARTS}
  if full then
    newest = {n = newest and newest.n + 1 or 1, since = now, bytes = 0}
    parts[#parts + 1] = newest
  end
  -- Before anything is written, because this is what no other step may: a part that could not get an end
  -- would grow without one.
  redis.call('PEXPIRE', index, ms)
  local bytes = 0
  for i = first + 2, last, 2 do
    redis.call('XADD', index .. ':' .. newest.n, '*', ARGV[i], ARGV[i + 1])
    bytes = bytes + math.ceil((#ARGV[i] + #ARGV[i + 1]) * ${ROUNDING}) + ${ENTRY_BYTES}
  end
  if full then redis.call('PEXPIRE', index .. ':' .. newest.n, ms) end
  redis.call('HSET', index, newest.n, newest.since .. ' ' .. newest.bytes + bytes)
  if full then redis.call('PEXPIRE', index, ms) end
  drop_parts(index, parts, total + bytes, keep, most, now)
end
local function write_receipts(index, first, last)
  local done, why = pcall(put_receipts, index, first, last)
  if not done then return words(why) end
end
`;

/**
 * Finds names in one part of the receipts, the newest first, some entries at a time. Answers the entry
 * to go on before, or nothing when there is none, and of each find the entry, its facts and the names
 * in hexadecimal.
 *
 * KEYS part · ARGV where to begin, where to end, how many entries, then three for each: by what it is
 * named, how many bytes each event takes there, name
 */
export const FIND_RECEIPTS: Script<
  [next: string, found: [id: string, facts: string, names: string][]]
> = {
  name: 'capiFindReceipts',
  lua: () => `
local found, last = {}, ''
local function find(id, facts, names, width, name)
  local at = string.find(names, name, 1, true)
  while at do
    if (at - 1) % width == 0 then
      local hex = string.gsub(string.sub(names, at, at + width - 1), '.', function(byte)
        return string.format('%02x', string.byte(byte))
      end)
      found[#found + 1] = {id, facts, hex}
    end
    at = string.find(names, name, at + 1, true)
  end
end
local entries = redis.call('XREVRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
for _, entry in ipairs(entries) do
  last = entry[1]
  local fields = entry[2]
  for field = 1, #fields, 2 do
    for i = 4, #ARGV, 3 do
      if string.sub(fields[field], 1, 1) == ARGV[i] then
        find(last, fields[field], fields[field + 1], tonumber(ARGV[i + 1]), ARGV[i + 2])
      end
    end
  end
end
if #entries < tonumber(ARGV[3]) then last = '' end
return {last, found}
`,
  reply: z.tuple([z.string(), z.array(z.tuple([z.string(), z.string(), z.string()]))]),
};
