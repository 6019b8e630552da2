import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import { DUTIES, LOCK, UNLOCK } from './lua/locks.ts';
import { runScript } from './lua/scripts.ts';
import type { Store } from './store.ts';

/** Nothing happens, because two at work on dead letters at once would send events twice. */
export class LockError extends Error {
  override readonly name = 'LockError';
}

/** A unique name for one run of a command. */
export function ownerName(command: string): string {
  return `${command}:${hostname()}:${process.pid}:${randomUUID()}`;
}

/** A name for a process under which it does the duties, and holds the locks of their steps. */
export function dutiesOwner(): string {
  return ownerName(DUTIES);
}

/** Whether an owner was a process of this machine that has ended. */
function isDeadOwner(owner: string): boolean {
  const [, host, pid] = owner.split(':');
  if (host !== hostname() || !(Number(pid) > 0)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * A lock that one process at a time holds.
 * @param keys the lock; behind it those of single duties, which a new owner of the duties frees
 * @param owner a name that no other process has
 */
export function createLock(
  redis: Redis,
  keys: readonly [lock: string, ...ofDuties: string[]],
  { owner, ms }: { readonly owner: string; readonly ms: number },
) {
  const take = (dead: string) => runScript(redis, LOCK, { keys, args: [owner, ms, dead] });
  return {
    /**
     * True when it is ours for `ms` from now on; false while another process has it. The lock of a
     * process of this machine that has ended is free at once.
     */
    async take(): Promise<boolean> {
      const holder = await take('');
      return holder === null || (isDeadOwner(holder) && (await take(holder)) === null);
    },
    async release(): Promise<void> {
      await runScript(redis, UNLOCK, { keys: [keys[0]], args: [owner] });
    },
  };
}

/** How long a process that gives no sign keeps the duties, in ms. */
export const DUTIES_LOCK_MS = 8000;

/** The lock that one of several control processes holds while it does the duties of the fleet. */
export type DutiesLock = ReturnType<typeof createLock>;

/** @param topic to which dead letters are published; null for none */
export function createDutiesLock(
  { redis, keys: { dutiesLock, replayLock, publishLock } }: Store,
  { owner, topic }: { readonly owner: string; readonly topic: string | null },
): DutiesLock {
  const ofDuties = [replayLock, ...(topic === null ? [] : [publishLock(topic)])];
  return createLock(redis, [dutiesLock, ...ofDuties], { owner, ms: DUTIES_LOCK_MS });
}

/** Which process does the duties of the fleet; null where none runs. */
export function readDutiesOwner({ redis, keys }: Store): Promise<string | null> {
  return readRunningOwner(redis, keys.dutiesLock);
}

/** Whether no running process replays or purges. */
export async function isLockFree({ redis, keys }: Store): Promise<boolean> {
  return (await readRunningOwner(redis, keys.replayLock)) === null;
}

async function readRunningOwner(redis: Redis, lock: string): Promise<string | null> {
  const owner = await redis.get(lock);
  return owner === null || isDeadOwner(owner) ? null : owner;
}
