import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

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
