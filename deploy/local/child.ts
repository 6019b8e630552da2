import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';

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

/** Linux's way to have a child killed with its parent; elsewhere an orphan has to be ended by hand. */
const SETPRIV = '/usr/bin/setpriv';

/** Starts a process. */
export function startChild(command: string, args: readonly string[], options: ChildOptions): Child {
  const log = openSync(options.logFile, 'a');
  const bound = options.outlives !== true && existsSync(SETPRIV);
  const [file, ...rest] = bound
    ? [SETPRIV, '--pdeathsig', 'KILL', command, ...args]
    : [command, ...args];
  const child = spawn(file ?? command, rest, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', log, log],
    detached: options.outlives === true,
  });
  if (options.outlives === true) child.unref();
  let running = true;
  const exited = new Promise<number | string>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      running = false;
      resolve(error.code ?? 'ERROR');
    });
    child.once('exit', (code, signal) => {
      running = false;
      resolve(code ?? signal ?? 1);
    });
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
    await new Promise((resolve) => setTimeout(resolve, 50));
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
