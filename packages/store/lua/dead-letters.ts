import { ATOMIC } from './atomic.ts';

/*
 * What happens to dead letters in Redis, as a whole each. Their pages hold what was written at once;
 * what they have in common is counted by group, so that a summary need not read them.
 */

/** How many keys the dead letters have; every script here takes them first. */
export const DEAD_LETTER_KEYS = 9;

/**
 * What the groups of dead letters gain or lose: `by` is 1 or -1. A
 * group that comes without words keeps those that it has. ARGV from `at`: groups, three
 * arguments each, then when they died and when they expire, two each. Returns how many they are.
 */
const COUNT = `${ATOMIC}
local function add(key, field, n)
  if gain(key, field, n) > 0 then return true end
  delete_field(key, field)
  return false
end
local function count(at, by)
  local total = 0
  for i = 1, tonumber(ARGV[at]) do
    local group = ARGV[at + i * 3 - 2]
    local n = tonumber(ARGV[at + i * 3])
    total = total + n
    local cause = ARGV[at + i * 3 - 1]
    if not add(KEYS[6], group, by * n) then delete_field(KEYS[5], group)
    elseif cause ~= '' then set_field(KEYS[5], group, cause) end
  end
  at = at + 1 + ARGV[at] * 3
  for key = 7, 8 do
    local n = tonumber(ARGV[at])
    for i = 1, n do add(KEYS[key], ARGV[at + i * 2 - 1], by * ARGV[at + i * 2]) end
    at = at + 1 + n * 2
  end
  gain(KEYS[9], 'held', by * total)
  return total
end
`;

/**
 * Writes pages of dead letters. ARGV from `at`: pages, three arguments each, then the groups.
 * KEYS order facts sealed marks groups counts died expire totals
 */
export const INSERT_DEAD_LETTERS = `${COUNT}
local function insert_dead_letters(at)
  local pages = tonumber(ARGV[at])
  for i = 0, pages - 1 do
    local page = ARGV[at + i * 3 + 1]
    set_field(KEYS[2], page, ARGV[at + i * 3 + 2])
    set_field(KEYS[3], page, ARGV[at + i * 3 + 3])
    redis.call('ZADD', KEYS[1], redis.call('HINCRBY', KEYS[9], 'pages', 1), page)
    undone(function() redis.call('ZREM', KEYS[1], page) end)
  end
  return count(at + 1 + pages * 3, 1)
end
`;

/** Sets some characters of a string that is `other` throughout as long as it is not kept. */
const SET_MARKS = `
local function set_marks(key, page, positions, mark, other)
  local written = tonumber(string.sub(page, -2), 36)
  local marks = {string.byte(redis.call('HGET', key, page) or string.rep(other, written), 1, -1)}
  for index in string.gmatch(positions, '%d+') do marks[index + 1] = string.byte(mark) end
  return string.char(unpack(marks))
end
`;

/**
 * Ends dead letters; a page goes with the last of them. Follows {@link INSERT_DEAD_LETTERS}. ARGV from `at`: pages,
 * two arguments each: its name, which ends with how many it was written with, and which of them; then
 * the groups.
 */
export const REMOVE_DEAD_LETTERS = `${SET_MARKS}
local function take_from_order(page)
  local number = redis.call('ZSCORE', KEYS[1], page)
  if not number then return end
  redis.call('ZREM', KEYS[1], page)
  undone(function() redis.call('ZADD', KEYS[1], number, page) end)
end
local function remove_dead_letters(at)
  local pages = tonumber(ARGV[at])
  for i = 0, pages - 1 do
    local page = ARGV[at + i * 2 + 1]
    local marks = set_marks(KEYS[4], page, ARGV[at + i * 2 + 2], '0', '1')
    if string.find(marks, '1', 1, true) then set_field(KEYS[4], page, marks)
    else
      for key = 2, 4 do delete_field(KEYS[key], page) end
      take_from_order(page)
    end
  end
  return count(at + 1 + pages * 2, -1)
end
`;

/**
 * How long it is remembered what was purged and what was imported, in days: Meta accepts no event that is
 * older than 62 days, so that nothing of what comes later could be sent.
 */
export const MARKS_KEPT_DAYS = 90;

/** No step forgets more pages than this, so that none takes long. */
const DROPPED_AT_ONCE = 100;

/**
 * Marks dead letters of pages, or removes their marks, and drops marks that are
 * too old; beside the hash a sorted set says since when. What an earlier release remembered counts from
 * the first time on. Follows {@link REMOVE_DEAD_LETTERS}. ARGV from `at` to `last`: mark, then two arguments for each page: its name, and
 * which of them
 */
export const MARK_PAGES = `
local function drop_old_marks(key, since, now)
  if redis.call('HLEN', key) > redis.call('ZCARD', since) then
    for _, page in ipairs(redis.call('HKEYS', key)) do redis.call('ZADD', since, 'NX', now, page) end
  end
  local oldest = now - ${MARKS_KEPT_DAYS} * 86400
  local limit = {'LIMIT', 0, ${DROPPED_AT_ONCE}}
  for _, page in ipairs(redis.call('ZRANGEBYSCORE', since, '-inf', oldest, unpack(limit))) do
    delete_field(key, page)
    redis.call('ZREM', since, page)
  end
end
local function mark_pages(key, at, last)
  local since = key .. ':since'
  local now = tonumber(redis.call('TIME')[1])
  drop_old_marks(key, since, now)
  for i = at + 1, last, 2 do
    local marks = set_marks(key, ARGV[i], ARGV[i + 1], ARGV[at], '0')
    if string.find(marks, '1', 1, true) then
      set_field(key, ARGV[i], marks)
      redis.call('ZADD', since, now, ARGV[i])
    else
      delete_field(key, ARGV[i])
      redis.call('ZREM', since, ARGV[i])
    end
  end
end
`;
