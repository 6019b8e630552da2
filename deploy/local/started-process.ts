import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const LOOK_MS = 50;

/** A process that may outlive us, told from a later one that is given the same id. */
export interface StartedProcess {
  readonly pid: number;
  /** When it was started, in words that stay the same for as long as it lives. */
  readonly start: string | null;
}

/** Notes a process that runs now. */
export async function note(pid: number): Promise<StartedProcess> {
  return { pid, start: await startOf(pid) };
}

/** Whether it is that very process that runs. */
export async function runs({ pid, start }: StartedProcess): Promise<boolean> {
  return start !== null && (await startOf(pid)) === start;
}

/** Ends it in order, and by force when that takes too long; a stranger with its id is left alone. */
export async function end(started: StartedProcess, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  if (await runs(started)) signal(started.pid, 'SIGTERM');
  while (await runs(started)) {
    if (performance.now() > deadline) signal(started.pid, 'SIGKILL');
    await sleep(LOOK_MS);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function startOf(pid: number): Promise<string | null> {
  return existsSync('/proc/self/stat') ? startInProc(pid) : startFromPs(pid);
}

/** Linux: the state is the first field after the name in brackets, the start the twentieth. */
async function startInProc(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ended = state === '' || state === 'Z' || state === 'X';
  return ended ? null : (rest[18] ?? null);
}

async function startFromPs(pid: number): Promise<string | null> {
  const none = { stdout: '' };
  const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => none);
  return stdout.trim() || null;
}
