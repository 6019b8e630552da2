import { join } from 'node:path';
import { type Child, endChild, startChild, waitUntilReady } from './child.ts';
import { findProgram } from './program.ts';
import type { LocalServer, LocalServerOptions, Say } from './server.ts';
import { unpackPackage } from './system-package.ts';

const PACKAGE = { name: 'prometheus', purpose: 'prometheus and promtool' };

/** Reading back what it wrote before may take its time. */
const START_MS = 240_000;
const STOP_MS = 15_000;

/** Where the programs of Prometheus are. */
export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
  /** What the server must be told because it was not installed. */
  readonly args: readonly string[];
}

/**
 * The programs of Prometheus: those on the PATH, else those of Debian's package, which is unpacked
 * and not installed, because it would start a service.
 * @throws Error when they are not there and cannot be had
 */
export async function prometheusPrograms(say: Say): Promise<PrometheusPrograms> {
  const prometheus = findProgram('prometheus');
  const promtool = findProgram('promtool');
  if (prometheus !== null && promtool !== null) return { prometheus, promtool, args: [] };
  const folder = join(await unpackPackage(PACKAGE, say), 'usr');
  return {
    prometheus: join(folder, 'bin/prometheus'),
    promtool: join(folder, 'bin/promtool'),
    // Of Debian's build alone, whose pages are files of the package.
    args: [`--web.local-assets=${join(folder, 'share/prometheus/web/')}`],
  };
}

/** A server of Prometheus that was started for us. */
export interface LocalPrometheus extends LocalServer {
  /** Where its API and its pages are. */
  readonly url: string;
}

/**
 * Runs one Prometheus, natively, on a configuration file; what it has gathered stays in its folder.
 * @throws Error that holds the end of its log, when it does not start
 */
export async function startPrometheus(
  options: LocalServerOptions & { readonly configuration: string },
  say: Say,
): Promise<LocalPrometheus> {
  const { folder, port, configuration, outlives = false } = options;
  const { prometheus, args: ofPackage } = await prometheusPrograms(say);
  const address = `127.0.0.1:${port}`;
  const url = `http://${address}`;
  const logFile = join(folder, 'prometheus.log');
  const args = [
    `--config.file=${configuration}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    ...ofPackage,
  ];
  let child: Child;
  const start = async (): Promise<void> => {
    child = startChild(prometheus, args, { cwd: folder, logFile, outlives });
    const ready = () => isReady(url);
    await waitUntilReady(child, 'Prometheus', { ready, withinMs: START_MS, logFile });
  };
  await start();
  return {
    address,
    url,
    pid: () => child.pid,
    start,
    stop: () => endChild(child, STOP_MS),
    async kill() {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1000) }).catch(
    () => null,
  );
  return answer?.ok === true;
}
