/*
 * What happens to dead letters in Redis, as a whole each. Their pages hold what was written at once;
 * what they have in common is counted by group, so that a summary need not read them.
 */

/** How many keys the dead letters have; every script here takes them first. */
export const BURIAL_KEYS = 9;

/**
 * What the groups of dead letters gain or lose: `by` is 1 or -1. ARGV from `at`: groups, three
 * arguments each, then when they died and when they expire, two each. Returns how many they are.
 */
const COUNT = `
local function add(key, field, n)
  if redis.call('HINCRBY', key, field, n) > 0 then return true end
  redis.call('HDEL', key, field)
  return false
end
local function count(at, by)
  local total = 0
  for i = 1, tonumber(ARGV[at]) do
    local group = ARGV[at + i * 3 - 2]
    local n = tonumber(ARGV[at + i * 3])
    total = total + n
    if add(KEYS[6], group, by * n) then redis.call('HSET', KEYS[5], group, ARGV[at + i * 3 - 1])
    else redis.call('HDEL', KEYS[5], group) end
  end
  at = at + 1 + ARGV[at] * 3
  for key = 7, 8 do
    local n = tonumber(ARGV[at])
    for i = 1, n do add(KEYS[key], ARGV[at + i * 2 - 1], by * ARGV[at + i * 2]) end
    at = at + 1 + n * 2
  end
  redis.call('HINCRBY', KEYS[9], 'held', by * total)
  return total
end
`;

/** Writes pages of dead letters. ARGV from `at`: pages, three arguments each, then the groups. */
export const BURY = `${COUNT}
local function bury(at)
  local pages = tonumber(ARGV[at])
  for i = 0, pages - 1 do
    local page = ARGV[at + i * 3 + 1]
    redis.call('HSET', KEYS[2], page, ARGV[at + i * 3 + 2])
    redis.call('HSET', KEYS[3], page, ARGV[at + i * 3 + 3])
    redis.call('ZADD', KEYS[1], redis.call('HINCRBY', KEYS[9], 'pages', 1), page)
  end
  return count(at + 1 + pages * 3, 1)
end
`;

/** KEYS order facts sealed marks groups counts died expire totals */
export const BURY_ALL = `${BURY}
return bury(1)
`;

/** Sets some characters of a string that is \`other\` throughout as long as it is not kept. */
const SET_MARKS = `
local function set_marks(key, page, positions, mark, other)
  local written = tonumber(string.sub(page, -2), 36)
  local marks = {string.byte(redis.call('HGET', key, page) or string.rep(other, written), 1, -1)}
  for index in string.gmatch(positions, '%d+') do marks[index + 1] = string.byte(mark) end
  return string.char(unpack(marks))
end
`;

/**
 * Ends dead letters; a page goes with the last of them. KEYS as above · ARGV pages, two arguments
 * each: its name, which ends with how many it was written with, and which of them; then the groups.
 */
export const EXHUME = `${COUNT}${SET_MARKS}
local pages = tonumber(ARGV[1])
for i = 0, pages - 1 do
  local page = ARGV[i * 2 + 2]
  local marks = set_marks(KEYS[4], page, ARGV[i * 2 + 3], '0', '1')
  if string.find(marks, '1', 1, true) then redis.call('HSET', KEYS[4], page, marks)
  else
    redis.call('HDEL', KEYS[4], page)
    redis.call('HDEL', KEYS[2], page)
    redis.call('HDEL', KEYS[3], page)
    redis.call('ZREM', KEYS[1], page)
  end
end
return count(2 + pages * 2, -1)
`;

/**
 * Remembers of pages which of their dead letters something is true, or is no more.
 * KEYS hash · ARGV mark, then two arguments for each page: its name, and which of them
 */
export const REMEMBER = `${SET_MARKS}
for at = 2, #ARGV, 2 do
  local marks = set_marks(KEYS[1], ARGV[at], ARGV[at + 1], ARGV[1], '0')
  if string.find(marks, '1', 1, true) then redis.call('HSET', KEYS[1], ARGV[at], marks)
  else redis.call('HDEL', KEYS[1], ARGV[at]) end
end
return 1
`;
