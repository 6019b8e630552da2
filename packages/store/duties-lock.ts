import { isDeadOwner, ownerName } from './dead-letters/lock.ts';
import { DUTIES, releaseLock, takeLock } from './lua/locks.ts';
import type { Store } from './store.ts';

/** How long a process that gives no sign keeps the duties, in ms. */
export const DUTIES_LOCK_MS = 8000;

/** A name for a process under which it does the duties, and holds the locks of their steps. */
export function dutiesOwner(): string {
  return ownerName(DUTIES);
}

interface DutiesLockOptions {
  readonly owner: string;
  /** To which dead letters are published; null for none. */
  readonly topic: string | null;
}

/** The lock that one of several control processes holds while it does the duties of the fleet. */
export type DutiesLock = ReturnType<typeof createDutiesLock>;

export function createDutiesLock(
  { redis, keys: { dutiesLock, replayLock, publishLock } }: Store,
  { owner, topic }: DutiesLockOptions,
) {
  const keys = [dutiesLock, replayLock, ...(topic === null ? [] : [publishLock(topic)])];
  return {
    /** True when it is ours for {@link DUTIES_LOCK_MS} from now on. */
    take: () => takeLock(redis, keys, { owner, ms: DUTIES_LOCK_MS }),
    release: () => releaseLock(redis, dutiesLock, owner),
  };
}

/** Which process does the duties of the fleet; null where none runs. */
export async function readDutiesOwner({ redis, keys }: Store): Promise<string | null> {
  const owner = await redis.get(keys.dutiesLock);
  return owner === null || isDeadOwner(owner) ? null : owner;
}
