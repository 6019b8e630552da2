import { type Child, endChild, waitUntilReady } from './child.ts';

/** A server on the loopback interface that can be stopped, killed and started again. */
export type LocalServer = Awaited<ReturnType<typeof runServer>>;

export interface LocalServerOptions {
  /** Its own folder, which exists. */
  readonly folder: string;
  readonly port: number;
  /** True: it outlives this process. */
  readonly outlives?: boolean;
}

/** Reports steps that take long. */
export type Say = (line: string) => void;

export const say: Say = (line) => void process.stdout.write(`${line}\n`);

/** Runs a program for people: an error is one message, and its exit code. */
export async function runProgram(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

/** How to run one server. */
interface ServerProcess {
  /** Names it in errors. */
  readonly name: string;
  /** Such as `127.0.0.1:9092`, or `redis://127.0.0.1:6379`. */
  readonly address: string;
  readonly logFile: string;
  /** Time for an orderly stop, in ms. */
  readonly stopMs: number;
  launch(): Child;
  isReady(): Promise<boolean>;
}

/**
 * Starts a server and waits until it is ready.
 * @throws Error with the end of its log, when it does not start
 */
export async function runServer(server: ServerProcess) {
  const { name, address, logFile, stopMs } = server;
  let child: Child;
  const start = async (): Promise<void> => {
    child = server.launch();
    await waitUntilReady(child, name, { ready: () => server.isReady(), logFile });
  };
  await start();
  return {
    address,
    pid: () => child.pid,
    /** Starts it again on the same folder and port. */
    start,
    /** Shuts it down; its data stays in its folder. */
    stop: () => endChild(child, stopMs),
    /** Kills it, as a crash would. */
    async kill() {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}

/**
 * Waits for servers that start at the same time.
 * @throws Error of the first that did not start, after the others were ended
 */
export async function allOrNone(
  starting: readonly Promise<LocalServer>[],
  end: (server: LocalServer) => Promise<void>,
): Promise<LocalServer[]> {
  const started = await Promise.allSettled(starting);
  const servers = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failure = started.find((each) => each.status === 'rejected');
  if (failure === undefined) return servers;
  await Promise.all(servers.map(end));
  throw failure.reason;
}
