import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const POLL_MS = 50;

/** A process that may outlive this one, distinguishable from a later one with the same ID. */
export interface StartedProcess {
  readonly pid: number;
  /** Its start time, in a form that does not change while it runs. */
  readonly start: string | null;
}

/** Identifies a process that runs now. */
export async function note(pid: number): Promise<StartedProcess> {
  return { pid, start: await startOf(pid) };
}

/** Whether that same process still runs. */
export async function runs({ pid, start }: StartedProcess): Promise<boolean> {
  return start !== null && (await startOf(pid)) === start;
}

/** Ends it with SIGTERM, then SIGKILL; leaves another process with its ID alone. */
export async function end(started: StartedProcess, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  if (await runs(started)) signal(started.pid, 'SIGTERM');
  while (await runs(started)) {
    if (performance.now() > deadline) signal(started.pid, 'SIGKILL');
    await sleep(POLL_MS);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has ended in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function startOf(pid: number): Promise<string | null> {
  return existsSync('/proc/self/stat') ? startInProc(pid) : startFromPs(pid);
}

/** Linux: after the name in brackets, the first field is the state, the twentieth the start. */
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
