import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild } from './child.ts';
import type { RelayProcess } from './relay-process.ts';
import { type LocalServerOptions, runServer, type Say } from './server.ts';
import { findProgram, unpackPackage } from './system-package.ts';

const RULES = join(import.meta.dirname, '../prometheus/rules/*.yaml');
const RUNBOOKS = join(import.meta.dirname, '../../docs/runbooks.md');
const PACKAGE = { name: 'prometheus', purpose: 'prometheus and promtool' };

const STOP_MS = 15_000;

/**
 * The paths of Prometheus's programs from the PATH, otherwise from Debian's package. The package is unpacked,
 * not installed, because installing it would start a service.
 * @throws Error when they are not there and cannot be fetched
 */
export async function prometheusPrograms(say: Say) {
  const prometheus = findProgram('prometheus');
  const promtool = findProgram('promtool');
  if (prometheus !== null && promtool !== null) return { prometheus, promtool, flags: [] };
  const folder = join(await unpackPackage(PACKAGE, say), 'usr');
  return {
    prometheus: join(folder, 'bin/prometheus'),
    promtool: join(folder, 'bin/promtool'),
    // Only Debian's build reads its pages from files of the package.
    flags: [`--web.local-assets=${join(folder, 'share/prometheus/web/')}`],
  };
}

/** A running Prometheus server; `url` is the base of its API and its pages. */
export type LocalPrometheus = Awaited<ReturnType<typeof startPrometheus>>;

/**
 * Runs one Prometheus natively with a configuration file; its data stays in its folder.
 * @throws Error with the end of its log, when it does not start
 */
export async function startPrometheus(
  options: LocalServerOptions & { readonly configuration: string },
  say: Say,
) {
  const { folder, port, configuration, outlives = false } = options;
  const { prometheus, flags } = await prometheusPrograms(say);
  const address = `127.0.0.1:${port}`;
  const url = `http://${address}`;
  const logFile = join(folder, 'prometheus.log');
  const args = [
    `--config.file=${configuration}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    ...flags,
  ];
  const server = await runServer({
    name: 'Prometheus',
    address,
    logFile,
    stopMs: STOP_MS,
    launch: () => startChild(prometheus, args, { cwd: folder, logFile, outlives }),
    isReady: () => isReady(url),
  });
  return { ...server, url };
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1000) }).catch(
    () => null,
  );
  return answer?.ok === true;
}

/** A process to scrape, such as `worker-1`; its job is `capi-worker`. */
type ScrapeTarget = Pick<RelayProcess, 'name' | 'url'>;

/**
 * Writes a configuration for Prometheus with all rules, and a targets file, which Prometheus
 * reloads when it changes.
 * @returns the configuration file
 */
export async function writePrometheusConfiguration(
  folder: string,
  targets: readonly ScrapeTarget[],
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const found = targets.map(({ name, url }) => ({
    targets: [new URL(url).host],
    labels: { job: `capi-${name.replace(/-\d+$/, '')}`, instance: name },
  }));
  await writeFile(join(folder, 'targets.json'), `${JSON.stringify(found, null, 2)}\n`);
  const file = join(folder, 'prometheus.yaml');
  await writeFile(
    file,
    `global:
  scrape_interval: 15s
  scrape_timeout: 5s
  evaluation_interval: 15s
  external_labels: { grafana: 'http://localhost:3000', runbooks: '${RUNBOOKS}' }
rule_files: ['${RULES}']
scrape_configs:
  - job_name: capi-relay
    file_sd_configs: [{ files: [targets.json], refresh_interval: 15s }]
`,
  );
  return file;
}

/**
 * Starts a Prometheus that outlives this process, with all rules and every process as a target. If
 * it cannot start, a message reports it, and nothing else fails.
 * @returns its process, and lines about it for the user
 */
export async function watchWithPrometheus(
  targets: readonly ScrapeTarget[],
  { folder, port, say }: { folder: string; port: number; say: Say },
): Promise<{ readonly pids: readonly number[]; readonly about: readonly string[] }> {
  try {
    const configuration = await writePrometheusConfiguration(folder, targets);
    const server = await startPrometheus({ folder, port, configuration, outlives: true }, say);
    const alerts = await alertsPage(server.url);
    const about = [`prometheus     ${server.url}`, `alerts         ${alerts}`];
    return { pids: [server.pid()], about };
  } catch (error) {
    say(`No Prometheus: ${(error as Error).message.split('\n')[0]}`);
    return { pids: [], about: [] };
  }
}

/** Debian's build serves other pages than the project's own. */
async function alertsPage(url: string): Promise<string> {
  const page = `${url}/alerts`;
  return (await fetch(page)).ok ? page : `${url}/classic/alerts`;
}
