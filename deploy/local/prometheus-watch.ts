import { startPrometheus } from './prometheus.ts';
import { writePrometheusConfiguration } from './prometheus-configuration.ts';
import type { RelayProcess } from './relay-process.ts';
import type { Say } from './server.ts';

/** What a Prometheus beside our processes comes to: nothing, where it cannot be had. */
export interface Watching {
  readonly pids: readonly number[];
  /** What a person wants to know of it, a line each. */
  readonly about: readonly string[];
}

/**
 * Starts a Prometheus that outlives us, with all rules and every process as a target. One that cannot
 * be had stops nothing: a message says so.
 */
export async function watchWithPrometheus(
  processes: readonly Pick<RelayProcess, 'name' | 'url'>[],
  { folder, port, say }: { folder: string; port: number; say: Say },
): Promise<Watching> {
  const targets = processes.map(({ name, url }) => {
    return { service: name.replace(/-\d+$/, ''), name, url };
  });
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

/** Debian's build has other pages than that of the project. */
async function alertsPage(url: string): Promise<string> {
  const page = `${url}/alerts`;
  return (await fetch(page)).ok ? page : `${url}/classic/alerts`;
}
