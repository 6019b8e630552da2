import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable, Writable } from 'node:stream';

/** What a command printed, and its exit code. */
export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface CommandOptions {
  /** Its environment; without it, that of the test. */
  readonly env?: NodeJS.ProcessEnv;
  /** What it reads from standard input. */
  readonly input?: string | Buffer;
}

/** Ends the run that it is asked in, also when another one has begun since. */
const exiting = new AsyncLocalStorage<(code: number) => void>();
let runs = 0;
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a command of capi-relay in this process: what it imports is loaded once for all runs of a
 * test file. Where its process is what is tested (signals, a terminal, how it ends in spite of a
 * connection that hangs), start one.
 * @param command such as `dead-letters`
 */
export function commandHere(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  // One after the other: each has the arguments and standard output to itself.
  const result = last.then(() => run(command, args, options));
  last = result.catch(() => {});
  return result;
}

async function run(
  command: string,
  args: readonly string[],
  { env = process.env, input = '' }: CommandOptions,
): Promise<CommandResult> {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const stdin = Readable.from([Buffer.from(input)]);
  const exited = Promise.withResolvers<number>();
  // Never given back: what ends late must not end the process of the tests.
  process.exit = ((code?: number) => {
    const end = exiting.getStore() ?? exited.resolve;
    end(Number(code ?? process.exitCode ?? 0));
  }) as never;
  const argv = [process.execPath, command, ...args];
  const giveBack = replaceInProcess({ argv, env, stdin, stdout, stderr, exitCode: undefined });
  try {
    runs += 1;
    // Another query makes another module of the main file, which is run once more.
    const main = `../../services/cli/${command}/main.ts?run=${runs}`;
    const done = exiting.run(exited.resolve, () => import(main)).then(() => process.exitCode);
    const code = await Promise.race([done, exited.promise]);
    return { code: Number(code ?? 0), out: stdout.text(), err: stderr.text() };
  } finally {
    giveBack();
  }
}

class Collected extends Writable {
  private readonly chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }

  text(): string {
    return Buffer.concat(this.chunks).toString();
  }
}

/** @returns a function that restores what was replaced, and ends what listens for signals */
function replaceInProcess(own: Readonly<Record<string, unknown>>): () => void {
  const before = Object.keys(own).map(
    (name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const,
  );
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(process, name, { value, writable: true, configurable: true });
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor !== undefined) Object.defineProperty(process, name, descriptor);
    }
    for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
  };
}
