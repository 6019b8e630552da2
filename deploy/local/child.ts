import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Generous: it catches what hangs, and a busy machine takes ten times as long as a quiet one. */
const START_MS = 240_000;

/**
 * Reads `+<pid>` of each process that runs and `-<pid>` of each that has ended. Its input ends when the
 * other end of the pipe is closed: then it kills those that still run.
 */
const WATCHDOG = `
running=
while read -r sign pid; do
  case $sign in
    +) running="$running $pid" ;;
    *)
      rest=
      for each in $running; do [ "$each" = "$pid" ] || rest="$rest $each"; done
      running=$rest ;;
  esac
done
for each in $running; do kill -9 "$each" 2>/dev/null; done`;

/** A process that this process started. */
export type Child = ReturnType<typeof startChild>;

interface ChildOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What the process prints is appended here. */
  readonly logFile: string;
  /** True: it outlives this process. Otherwise it ends with this process, even after a SIGKILL. */
  readonly outlives?: boolean;
}

/** Starts a process. */
export function startChild(command: string, args: readonly string[], options: ChildOptions) {
  const { cwd, env = process.env, outlives = false } = options;
  const log = openSync(options.logFile, 'a');
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', log, log], detached: outlives });
  closeSync(log);
  if (outlives) child.unref();
  const callOff = outlives || child.pid === undefined ? () => {} : killWhenWeEnd(child.pid);
  let running = true;
  /** Resolves to its exit code, or the name of the signal that ended it. */
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
    /** True until it has ended. */
    running: () => running,
    kill(signal: NodeJS.Signals) {
      if (running) child.kill(signal);
    },
  };
}

interface Watchdog {
  readonly watched: Set<number>;
  readonly process: ChildProcessByStdio<Writable, null, null>;
}

/** While a process runs that ends with this one; one for all, because each fork copies this process. */
let watchdog: Watchdog | null = null;

/**
 * Kills a process when this one ends for whatever reason: the system closes the pipe that a shell
 * reads, even after a SIGKILL.
 * @returns a function that cancels this, to be called as soon as the process has ended
 */
function killWhenWeEnd(pid: number): () => void {
  watchdog ??= startWatchdog();
  const own = watchdog;
  own.watched.add(pid);
  own.process.stdin.write(`+ ${pid}\n`);
  return () => {
    own.watched.delete(pid);
    own.process.stdin.write(`- ${pid}\n`);
    if (own.watched.size > 0) return;
    own.process.kill('SIGKILL');
    if (watchdog === own) watchdog = null;
  };
}

function startWatchdog(): Watchdog {
  const shell = spawn('/bin/sh', ['-c', WATCHDOG], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A session of its own: Ctrl-C in the terminal must not end it before this process.
    detached: true,
  });
  // Without such a shell, the processes have to be ended by hand.
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  shell.unref();
  (shell.stdin as Socket).unref();
  return { watched: new Set(), process: shell };
}

/** Waits until a process is ready. If it ends first, the error contains the end of its log. */
export async function waitUntilReady(
  child: Child,
  what: string,
  options: { ready: () => Promise<boolean>; withinMs?: number; logFile: string },
): Promise<void> {
  const { ready, withinMs = START_MS, logFile } = options;
  const deadline = performance.now() + withinMs;
  while (!(await ready())) {
    if (!child.running()) {
      throw new Error(`${what} ended while it started:\n${tail(logFile)}`);
    }
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${what} was not ready after ${withinMs} ms:\n${tail(logFile)}`);
    }
    await sleep(50);
  }
}

/** Ends a process with SIGTERM, and with SIGKILL when that takes too long. */
export async function endChild(child: Child, patienceMs: number): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await child.exited;
  clearTimeout(force);
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-20).join('\n') : '';
}
