/*
 * Redis runs a script without anything in between, but it takes nothing back when a command in it
 * fails: a missing permission, a key of another type or a number that is none leaves what was written
 * before. What must happen as a whole therefore notes how to take each of its writes back, and does
 * so before it answers with the error.
 */

/**
 * `undone(work)` notes how to take the last write back. `gain` adds to a number of a hash.
 * `all_or_nothing(work)` answers what `work` returns, or its error after everything was taken back.
 *
 * What takes a write back is itself a command that a user may lack, so `rehearse(key)` tries those on
 * a key that does not exist before anything is written. Only after a first write that a full Redis
 * refuses: one whose first write frees memory is let through to the end.
 */
export const ATOMIC = `
local undo = {}
local function undone(work) undo[#undo + 1] = work end
local function rehearse(key)
  redis.call('LREM', key, 1, 'none')
  redis.call('ZREM', key, 'none')
  redis.call('HDEL', key, 'none')
  redis.call('DEL', key)
end
local function gain(key, field, n)
  local value = redis.call('HINCRBY', key, field, n)
  undone(function() redis.call('HINCRBY', key, field, -n) end)
  return value
end
local function set_field(key, field, value)
  local before = redis.call('HGET', key, field)
  redis.call('HSET', key, field, value)
  undone(function()
    if before then redis.call('HSET', key, field, before) else redis.call('HDEL', key, field) end
  end)
end
local function delete_field(key, field)
  local before = redis.call('HGET', key, field)
  if not before then return end
  redis.call('HDEL', key, field)
  undone(function() redis.call('HSET', key, field, before) end)
end
local function take_back()
  local failure = nil
  for i = #undo, 1, -1 do
    local done, why = pcall(undo[i])
    if not done then failure = why end
  end
  return failure
end
local function words(failure)
  return type(failure) == 'table' and failure.err or tostring(failure)
end
local function all_or_nothing(work)
  local done, result = pcall(work)
  if done then return result end
  local failure = take_back()
  if failure == nil then return redis.error_reply(words(result)) end
  return redis.error_reply('HALFWRITTEN ' .. words(result) .. '; not taken back: ' .. words(failure))
end
`;

/** Prefix of the answer when a script failed and could not take back all that it had written. */
const HALF_WRITTEN = 'HALFWRITTEN ';

/** Something is half written: to try again could write part of it twice. */
export class HalfWrittenError extends Error {
  override readonly name = 'HalfWrittenError';
}

/** The error as the caller of the script sees it. */
export function asScriptError(error: unknown): unknown {
  const { message } = error as Error;
  return typeof message === 'string' && message.startsWith(HALF_WRITTEN)
    ? new HalfWrittenError(message.slice(HALF_WRITTEN.length))
    : error;
}
