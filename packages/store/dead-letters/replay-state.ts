import { ATOMIC } from '../lua/atomic-script.ts';
import { runScript } from '../lua/run-script.ts';
import { type AuditEntry, auditArguments } from '../status/audit.ts';
import type { Store } from '../store.ts';

/** A replay is put into another state. */
export interface ReplayChange {
  readonly id: string;
  /** The state that it must be in; where it is in another one, nothing happens. */
  readonly from: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Whether workers carry it on from now on. */
  readonly carriedOn: boolean;
  readonly audit: AuditEntry;
}

/** KEYS replay, replays that workers carry on, audit, trial · ARGV id from carriedOn, fields, entry */
const CHANGE = `${ATOMIC}
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
`;

/**
 * Puts a replay into another state and into the audit trail, in one step.
 * @returns false when it was not in the state that it was expected in
 */
export async function changeReplayState(
  store: Store,
  { id, from, fields, carriedOn, audit }: ReplayChange,
): Promise<boolean> {
  const keys = store.keys;
  const flat = Object.entries(fields).flat();
  const answer = await runScript(
    store.redis,
    { name: 'capiReplayState', lua: () => CHANGE },
    {
      keys: [keys.replay(id), keys.detachedReplays, keys.audit, keys.trial],
      args: [id, from, carriedOn ? 1 : 0, flat.length / 2, ...flat, ...auditArguments(audit)],
    },
  );
  return answer === 1;
}
