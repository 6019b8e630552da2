/** How many keys a hold on an envelope has; the script takes them in the order of `leaseKeys`. */
export const LEASE_KEYS = 4;

/** Field of a job's hash: how many of its stalls were those of a worker that was slow, and lives. */
export const LATE_FIELD = 'late';

/**
 * Renews the holds of one worker. A lock that has run out is taken again as long as nobody has done
 * anything with the envelope since: until it is fetched again it is still in the list of active ones,
 * and as often started as it was. A hold is lost when it is not: BullMQ has then counted a vanished
 * worker, and as this one lives, that is noted beside the count.
 *
 * Answers 1 for each envelope that is still held, else 0.
 *
 * KEYS of each envelope: job lock active stalled · ARGV ms, then of each: id token starts stalls
 */
export const RENEW = `
local answers = {}
for n = 1, #KEYS / ${LEASE_KEYS} do
  local job, lock, active, stalled = unpack(KEYS, (n - 1) * ${LEASE_KEYS} + 1, n * ${LEASE_KEYS})
  local id, token, starts, stalls = unpack(ARGV, (n - 1) * 4 + 2, n * 4 + 1)
  local holder = redis.call('GET', lock)
  local ours = holder == token
  if not holder and redis.call('HGET', job, 'ats') == starts then
    ours = redis.call('LPOS', active, id) ~= false
  end
  if ours then
    redis.call('SET', lock, token, 'PX', ARGV[1])
    redis.call('SREM', stalled, id)
    answers[n] = 1
  else
    local counted = tonumber(redis.call('HGET', job, 'stc')) or 0
    if counted > tonumber(stalls) then redis.call('HINCRBY', job, '${LATE_FIELD}', 1) end
    answers[n] = 0
  end
end
return answers
`;
