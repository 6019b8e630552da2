import { NAME_BYTES } from '../receipts/names.ts';

/** Into how many parts the time of the window is divided: the oldest is dropped at once. */
const PARTS = 4;

/**
 * The window in which a repeated event is recognised. Each part of it is a set of names. Follows
 * `PARTS_OF` and `ATOMIC`.
 *
 * `window_refuses(window)` answers, before anything is written, what stands against an intake: the
 * places of its new names that are known already; or -1 where one that it takes for known is not.
 * Nothing when it may be written. `remember(window, trial)` adds its new names, and
 * `drop_forgotten(window)` what is too old or too much.
 *
 * ARGV from `first`: seconds, most names, and the names as one text each: new ones, and those that are
 * taken for known
 */
export const WINDOW = `
local function names_in(text)
  local names = {}
  for at = 1, #text, ${NAME_BYTES} do names[#names + 1] = string.sub(text, at, at + ${NAME_BYTES - 1}) end
  return names
end
local function read_window(index, first)
  local window = {index = index, keep = tonumber(ARGV[first]), most = tonumber(ARGV[first + 1])}
  window.fresh, window.repeated = names_in(ARGV[first + 2]), names_in(ARGV[first + 3])
  window.now = tonumber(redis.call('TIME')[1])
  window.parts, window.total = parts_of(index)
  return window
end
local function is_known(window, name)
  local parts = window.parts
  for i = #parts, 1, -1 do
    -- The newest of a part is as old as the part after it.
    if parts[i + 1] and parts[i + 1].since <= window.now - window.keep then return false end
    if redis.call('SISMEMBER', window.index .. ':' .. parts[i].n, name) == 1 then return true end
  end
  return false
end
local function window_refuses(window)
  local known = {}
  for i, name in ipairs(window.fresh) do
    if is_known(window, name) then known[#known + 1] = i - 1 end
  end
  if #known > 0 then return known end
  for _, name in ipairs(window.repeated) do
    if not is_known(window, name) then return -1 end
  end
end
local function remember(window, trial)
  redis.call('SREM', trial, 'none')
  local parts = window.parts
  local newest = parts[#parts]
  local full = not newest or newest.bytes >= window.most / ${PARTS}
    or window.now - newest.since >= window.keep / ${PARTS}
  if full then
    newest = {n = newest and newest.n + 1 or 1, since = window.now, bytes = 0}
    parts[#parts + 1] = newest
  end
  local key = window.index .. ':' .. newest.n
  local added = 0
  undone(function()
    for i = 1, added do redis.call('SREM', key, window.fresh[i]) end
  end)
  for i, name in ipairs(window.fresh) do
    redis.call('SADD', key, name)
    added = i
  end
  set_field(window.index, newest.n, newest.since .. ' ' .. newest.bytes + added)
  local ms = math.ceil(window.keep * 1000 * ${1 + 2 / PARTS})
  if full then redis.call('PEXPIRE', key, ms) end
  redis.call('PEXPIRE', window.index, ms)
  window.total = window.total + added
end
local function drop_forgotten(window)
  drop_parts(window.index, window.parts, window.total, window.keep, window.most, window.now)
end
`;
