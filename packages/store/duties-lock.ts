import { isDeadOwner, ownerName } from './dead-letters/lock.ts';
import { runScript, UNLOCK_COMMAND, withScripts } from './lua/scripts.ts';
import type { Store } from './store.ts';

/** The lock that one of several control processes holds while it does the duties of the fleet. */
export interface DutiesLock {
  /** True when it is ours for {@link DUTIES_LOCK_MS} from now on. */
  take(): Promise<boolean>;
  release(): Promise<void>;
}

/** How long a process that gives no sign keeps the duties, in ms. */
export const DUTIES_LOCK_MS = 8000;

const COMMAND = 'duties';

/** A name for a process under which it does the duties, and holds the locks of their steps. */
export function dutiesOwner(): string {
  return ownerName(COMMAND);
}

/**
 * Takes the lock when it is free, or its owner is known to be dead. The new owner frees the locks
 * that an earlier owner still holds on single duties: that one is fenced, because each of its steps
 * asks in its own script whether its lock is still there.
 * KEYS lock, then those of single duties · ARGV owner ms dead
 */
const TAKE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[3] then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if holder == ARGV[1] then return false end
for n = 2, #KEYS do
  local left = redis.call('GET', KEYS[n])
  if left and left ~= ARGV[1] and string.find(left, '${COMMAND}:', 1, true) == 1 then
    redis.call('DEL', KEYS[n])
  end
end
return false
`;

interface DutiesLockOptions {
  readonly owner: string;
  /** To which dead letters are published; null for none. */
  readonly topic: string | null;
}

export function createDutiesLock(
  { redis, keys: { dutiesLock, replayLock, publishLock } }: Store,
  { owner, topic }: DutiesLockOptions,
): DutiesLock {
  const keys = [dutiesLock, replayLock, ...(topic === null ? [] : [publishLock(topic)])];
  const script = { name: 'capiTakeDuties', lua: () => TAKE };
  const take = async (dead: string): Promise<string | null> => {
    const holder = await runScript(redis, script, { keys, args: [owner, DUTIES_LOCK_MS, dead] });
    return typeof holder === 'string' ? holder : null;
  };
  return {
    async take() {
      const holder = await take('');
      return holder === null || (isDeadOwner(holder) && (await take(holder)) === null);
    },
    async release() {
      await withScripts(redis)[UNLOCK_COMMAND]([dutiesLock, owner]);
    },
  };
}

/** Which process does the duties of the fleet; null where none runs. */
export async function readDutiesOwner({ redis, keys }: Store): Promise<string | null> {
  const owner = await redis.get(keys.dutiesLock);
  return owner === null || isDeadOwner(owner) ? null : owner;
}
