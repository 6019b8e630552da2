import { type ChildProcess, execFile } from 'node:child_process';
import type { CommandResult } from './command-here.ts';

interface AloneOptions {
  /** Its environment; without it, that of the test. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** What it reads from standard input; without it, nothing comes and it stays open. */
  readonly input?: string;
  /** Gets the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/**
 * Runs a program in a process of its own to its end.
 * @throws Error when it cannot be started, or when a signal ends it, which is no exit code
 */
export function commandAlone(
  program: string,
  args: readonly string[],
  { input, onStart, ...options }: AloneOptions = {},
): Promise<CommandResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const all = { ...options, maxBuffer: 1 << 28 };
  const child = execFile(program, [...args], all, (error, out, err) => {
    const code = error === null ? 0 : error.code;
    if (typeof code === 'number') return resolve({ code, out, err });
    const how = error?.signal ?? error?.code;
    reject(new Error(`${program} ${args.join(' ')} ended with ${how}:\n${err.slice(-2000)}`));
  });
  onStart?.(child);
  // One that ends before it has read all is told by its exit code.
  child.stdin?.on('error', () => {});
  if (input !== undefined) child.stdin?.end(input);
  return promise;
}
