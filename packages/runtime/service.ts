import { type AdminServerOptions, startAdminServer } from './admin-server.ts';
import { type Command, ExpectedError, runCommand } from './command.ts';
import type { Configuration } from './configuration/configuration.ts';
import { loadConfiguration } from './configuration/load.ts';
import { watchConfiguration } from './configuration/watch.ts';
import { runUntilSignal } from './lifecycle.ts';
import { createLogger, type Logger } from './logger.ts';
import { type Collector, createPage } from './metrics/collectors.ts';
import { createMetrics, type Metrics, PROCESS_STATES, setState } from './metrics/registry.ts';

/** What every long-running service can do once it runs. */
export interface RunningService extends Pick<AdminServerOptions, 'live' | 'ready'> {
  readonly collectors: readonly Collector[];
  /** Takes up a configuration that was changed while it ran. */
  configure(next: Configuration): void | Promise<void>;
  /** Ends in order: nothing that is held is lost. */
  stop(): Promise<void>;
}

export type StartService = (
  configuration: Configuration,
  metrics: Metrics,
  logger: Logger,
) => Promise<RunningService>;

/** Runs a service from its command line to its last signal: the housekeeping is the same for all. */
export async function runService(
  command: Command,
  name: 'ingest' | 'worker',
  start: StartService,
): Promise<void> {
  await runCommand(command, async (options) => {
    const path = options['config'] as string | undefined;
    const configuration = await loadConfiguration(path, process.env);
    const logger = createLogger(name, configuration.log.level);
    const metrics = createMetrics(name);
    const service = await start(configuration, metrics, logger).catch((error: Error) => {
      throw new ExpectedError(`${name} cannot start: ${error.message}`);
    });
    const admin = await startAdminServer({
      port: configuration[name].port,
      page: createPage(metrics, service.collectors),
      live: service.live,
      ready: service.ready,
      logger,
    });
    const endWatch = follow(path, configuration, service, metrics, logger);
    setState(metrics.processState, {}, PROCESS_STATES, 'running');
    runUntilSignal({
      logger,
      deadlineMs: configuration[name].stopTimeoutMs,
      async stop() {
        setState(metrics.processState, {}, PROCESS_STATES, 'stopping');
        endWatch();
        await service.stop();
        await admin.close();
      },
    });
    return undefined;
  });
}

function follow(
  path: string | undefined,
  current: Configuration,
  service: RunningService,
  metrics: Metrics,
  logger: Logger,
): () => void {
  return watchConfiguration({
    path,
    env: process.env,
    current,
    async onChange(next) {
      await service.configure(next);
      metrics.configurationReloads.inc({ result: 'applied' });
      logger.info('configuration reloaded');
    },
    onRefused(error) {
      metrics.configurationReloads.inc({ result: 'refused' });
      logger.error({ error }, 'new configuration refused: the old one stays');
    },
  });
}
