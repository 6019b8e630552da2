import { ATOMIC } from './atomic.ts';
import { HAPPENED } from './reply.ts';
import type { Script } from './scripts.ts';

/**
 * Puts a replay into another state and into the audit trail. Answers 1, or 0 when it is not in the
 * state that the caller expects.
 *
 * KEYS replay, detached replays, audit, trial · ARGV id, expected state, whether it is detached and runs,
 * number of fields, field and value of each, arguments of XADD
 */
export const CHANGE_REPLAY: Script<boolean> = {
  name: 'capiReplayState',
  lua: () => `${ATOMIC}
if redis.call('HGET', KEYS[1], 'state') ~= ARGV[2] then return 0 end
return all_or_nothing(function()
  set_field(KEYS[1], 'state', ARGV[2])
  rehearse(KEYS[4])
  local fields = 4 + tonumber(ARGV[4]) * 2
  for i = 5, fields, 2 do set_field(KEYS[1], ARGV[i], ARGV[i + 1]) end
  local known = redis.call('SISMEMBER', KEYS[2], ARGV[1])
  redis.call(ARGV[3] == '1' and 'SADD' or 'SREM', KEYS[2], ARGV[1])
  undone(function() redis.call(known == 1 and 'SADD' or 'SREM', KEYS[2], ARGV[1]) end)
  redis.call('XADD', KEYS[3], unpack(ARGV, fields + 1))
  return 1
end)
`,
  reply: HAPPENED,
};
