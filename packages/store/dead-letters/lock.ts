import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Sealer } from '../sealing.ts';
import type { Store } from '../store.ts';
import type { ChangeStore } from './change.ts';
import { createChangeStore } from './change.ts';

/** Nothing happens, because two at work on dead letters at once would send events twice. */
export class LockError extends Error {
  override readonly name = 'LockError';
}

/** A unique name for one run of a command. */
export function ownerName(command: string): string {
  return `${command}:${hostname()}:${process.pid}:${randomUUID()}`;
}

/** Whether an owner was a process of this machine that has ended. */
export function isDeadOwner(owner: string): boolean {
  const [, host, pid] = owner.split(':');
  if (host !== hostname() || !(Number(pid) > 0)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Whether no running process replays or purges. */
export function isFree(owner: string | null): boolean {
  return owner === null || isDeadOwner(owner);
}

/** @throws LockError while another process replays or purges */
async function acquireLock(store: ChangeStore): Promise<void> {
  const freeInMs = await store.lock();
  if (freeInMs === null) return;
  const seconds = Math.ceil(freeInMs / 1000);
  const words = 'another replay or purge is under way, and two at once would send events twice';
  throw new LockError(`${words}: wait for its end, or ${seconds} s if it was killed`);
}

/**
 * Works under the lock of replays and purges, and releases it whatever happens.
 * @throws LockError while another process replays or purges
 */
export async function withLock<T>(
  store: Store,
  { sealer, owner }: { readonly sealer: Sealer; readonly owner: string },
  work: (letters: ChangeStore) => Promise<T>,
): Promise<T> {
  const letters = createChangeStore(store, { sealer, owner, isDeadOwner });
  await acquireLock(letters);
  try {
    return await work(letters);
  } finally {
    await letters.close().catch(() => {}); // the lock ends by itself where Redis has gone
  }
}

/** The lock ran out in the middle: the process was paused, or the lock was deleted. */
export function lockLost(done: string): LockError {
  const words = 'the lock was lost, so that another process may be at work';
  return new LockError(`${words}: ${done}; start again to go on`);
}
