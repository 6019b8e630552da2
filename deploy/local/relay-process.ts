import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endChild, startChild, waitUntilReady } from './child.ts';

const ROOT = join(import.meta.dirname, '../..');
const NODE = join(ROOT, 'node_modules/node/bin/node');

const STOP_MS = 150_000;

/** One of our own services, running. */
export interface RelayProcess {
  readonly name: string;
  readonly pid: number;
  /** Where it serves /metrics and so on. */
  readonly url: string;
  readonly logFile: string;
  readonly exited: Promise<number | string>;
  running(): boolean;
  log(): string;
  kill(signal: NodeJS.Signals): void;
  /** Ends it in order, and by force when that takes too long. */
  stop(): Promise<void>;
}

export interface RelayProcessOptions {
  /** What its log file is called after. */
  readonly name: string;
  readonly folder: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Whether it need only answer, or run as well; a service runs when Kafka and Redis are there. */
  readonly until?: 'listening' | 'running';
  /** True lets it run on when we end. */
  readonly outlives?: boolean;
}

/** The command that runs one of our subcommands on the pinned Node. */
export function relayCommand(entry: string): { command: string; args: string[] } {
  return { command: NODE, args: [join(ROOT, 'services', entry)] };
}

/**
 * Starts a service by its entry file below services/, and waits until it runs.
 * @throws Error that holds the end of its log, when it ends before
 */
export async function startRelay(
  entry: string,
  options: RelayProcessOptions,
): Promise<RelayProcess> {
  const { name, folder, args = [], env, outlives = false } = options;
  // The sandbox waits for nothing: it runs as soon as it listens.
  const { until = entry.startsWith('sandbox/') ? 'listening' : 'running' } = options;
  const logFile = join(folder, `${name}.log`);
  // One of the same name may have left its lines, and the port in them is not ours.
  const before = existsSync(logFile) ? readFileSync(logFile, 'utf8').length : 0;
  const { command, args: own } = relayCommand(entry);
  const child = startChild(command, [...own, ...args], {
    cwd: folder,
    logFile,
    outlives,
    ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
  });
  const log = (): string => readFileSync(logFile, 'utf8');
  let port = 0;
  const ready = async (): Promise<boolean> => {
    const lines = log().slice(before);
    port = listeningPort(lines) ?? 0;
    return port > 0 && (until === 'listening' || lines.includes('"msg":"running"'));
  };
  await waitUntilReady(child, name, { ready, logFile });
  return {
    name,
    pid: child.pid,
    url: `http://127.0.0.1:${port}`,
    logFile,
    exited: child.exited,
    running: child.running,
    log,
    kill: child.kill,
    stop: () => endChild(child, STOP_MS),
  };
}

function listeningPort(log: string): number | null {
  const line = log.split('\n').findLast((each) => each.includes('"msg":"listening"'));
  return line === undefined ? null : Number(/"port":(\d+)/.exec(line)?.[1]);
}
