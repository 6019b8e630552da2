import { z } from 'zod';
import type { Script } from './scripts.ts';

/** How many keys a hold on an envelope has; the script takes them in the order of `leaseKeys`. */
const LEASE_KEYS = 4;

/** Field of a job's hash: how many of its stalls were those of a worker that was slow, and lives. */
export const LATE_FIELD = 'late';

/**
 * Renews the leases of one worker. A lock that has run out is taken again as long as no worker has done
 * anything with the envelope since: until it is fetched again it is still in the list of active ones,
 * and as often started as it was. A hold is lost when it is not: BullMQ has then counted a vanished
 * worker, and as this one lives, that is noted beside the count. All locks come first, so that a
 * command after them that is refused costs no envelope its hold, and what counts comes last, so that
 * it is counted once.
 *
 * Answers 1 for each envelope that is still held, else 0.
 *
 * KEYS of each envelope: job lock active stalled · ARGV ms, then of each: id token starts stalls
 */
export const RENEW: Script<(0 | 1)[]> = {
  name: 'capiRenew',
  lua: () => `
local answers = {}
for n = 1, #KEYS / ${LEASE_KEYS} do
  local job, lock, active = unpack(KEYS, (n - 1) * ${LEASE_KEYS} + 1, n * ${LEASE_KEYS} - 1)
  local id, token, starts = unpack(ARGV, (n - 1) * 4 + 2, n * 4)
  local holder = redis.call('GET', lock)
  local ours = holder == token
  if not holder and redis.call('HGET', job, 'ats') == starts then
    ours = redis.call('LPOS', active, id) ~= false
  end
  if ours then
    redis.call('SET', lock, token, 'PX', ARGV[1])
    answers[n] = 1
  else answers[n] = 0 end
end
for n = 1, #answers do
  if answers[n] == 1 then redis.call('SREM', KEYS[n * ${LEASE_KEYS}], ARGV[(n - 1) * 4 + 2]) end
end
for n = 1, #answers do
  if answers[n] == 0 then
    local job, stalls = KEYS[(n - 1) * ${LEASE_KEYS} + 1], ARGV[n * 4 + 1]
    local counted = tonumber(redis.call('HGET', job, 'stc')) or 0
    if counted > tonumber(stalls) then redis.call('HINCRBY', job, '${LATE_FIELD}', 1) end
  end
end
return answers
`,
  reply: z.array(z.literal([0, 1])),
};
