import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithUs } from './watchdog.ts';

/** A process that we started. */
export interface Child {
  readonly pid: number;
  /** Resolves to its exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** True until it has ended. */
  running(): boolean;
  kill(signal: NodeJS.Signals): void;
}

export interface ChildOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Gets what the process prints. */
  readonly logFile: string;
  /** True lets it outlive us; else it ends when we do, even when we are killed. */
  readonly outlives?: boolean;
}

/** Starts a process. */
export function startChild(command: string, args: readonly string[], options: ChildOptions): Child {
  const { cwd, env = process.env, outlives = false } = options;
  const log = openSync(options.logFile, 'a');
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', log, log], detached: outlives });
  closeSync(log);
  if (outlives) child.unref();
  const callOff = outlives || child.pid === undefined ? () => {} : endWithUs(child.pid);
  let running = true;
  const exited = new Promise<number | string>((resolve) => {
    const end = (how: number | string): void => {
      running = false;
      callOff();
      resolve(how);
    };
    child.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'ERROR'));
    child.once('exit', (code, signal) => end(code ?? signal ?? 1));
  });
  return {
    pid: child.pid ?? -1,
    exited,
    running: () => running,
    kill(signal) {
      if (running) child.kill(signal);
    },
  };
}

/** Waits until a process is ready; when it ends before, the error holds the end of its log. */
export async function waitUntilReady(
  child: Child,
  what: string,
  options: { ready: () => Promise<boolean>; withinMs: number; logFile: string },
): Promise<void> {
  const deadline = performance.now() + options.withinMs;
  while (!(await options.ready())) {
    if (!child.running()) {
      throw new Error(`${what} ended while it started:\n${tail(options.logFile)}`);
    }
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(
        `${what} was not ready after ${options.withinMs} ms:\n${tail(options.logFile)}`,
      );
    }
    await sleep(50);
  }
}

/** Ends a process in order, and by force when that takes too long. */
export async function endChild(child: Child, patienceMs: number): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await child.exited;
  clearTimeout(force);
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-20).join('\n') : '';
}
