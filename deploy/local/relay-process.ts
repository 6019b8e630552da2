import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endChild, startChild, waitUntilReady } from './child.ts';

const ROOT = join(import.meta.dirname, '../..');
const NODE = join(ROOT, 'node_modules/node/bin/node');

const STOP_MS = 150_000;

/** A running service of capi-relay. */
export type RelayProcess = Awaited<ReturnType<typeof startRelay>>;

interface RelayProcessOptions {
  /** The name of its log file. */
  readonly name: string;
  readonly folder: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** What to wait for; a service is running once Kafka and Redis are there. */
  readonly until?: 'listening' | 'running';
  /** True: it outlives this process. */
  readonly outlives?: boolean;
  /** How to run it; without it, from the sources of this checkout. */
  readonly runs?: typeof relayCommand;
}

/** The command that runs a subcommand of capi-relay on the pinned Node. */
export function relayCommand(entry: string): { command: string; args: string[] } {
  return { command: NODE, args: [join(ROOT, 'services', entry)] };
}

/**
 * Starts a service by its entry file below services/, and waits until it runs.
 * @throws Error with the end of its log, when it ends first
 */
export async function startRelay(entry: string, options: RelayProcessOptions) {
  const { name, folder, args = [], env, outlives = false, runs = relayCommand } = options;
  // The sandbox has no dependencies: it runs as soon as it listens.
  const { until = entry.startsWith('sandbox/') ? 'listening' : 'running' } = options;
  const logFile = join(folder, `${name}.log`);
  // Skip lines of an earlier process of the same name, whose port may differ.
  const before = existsSync(logFile) ? readFileSync(logFile, 'utf8').length : 0;
  const { command, args: own } = runs(entry);
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
  /** The base URL of /metrics and its other pages. */
  const url = `http://127.0.0.1:${port}`;
  return { ...child, name, url, logFile, log, stop: () => endChild(child, STOP_MS) };
}

function listeningPort(log: string): number | null {
  const line = log.split('\n').findLast((each) => each.includes('"msg":"listening"'));
  return line === undefined ? null : Number(/"port":(\d+)/.exec(line)?.[1]);
}
