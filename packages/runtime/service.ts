import { type AdminServer, type AdminServerOptions, startAdminServer } from './admin-server.ts';
import { ExpectedError } from './command.ts';
import { changesForRestart } from './configuration/changes.ts';
import type { Configuration } from './configuration/configuration.ts';
import { loadConfiguration } from './configuration/load.ts';
import { ConfigurationError } from './configuration/problem.ts';
import { watchConfiguration } from './configuration/watch.ts';
import { runUntilSignal } from './lifecycle.ts';
import { createLogger, type Logger, safeError } from './logger.ts';
import { type Collector, createPage } from './metrics/collectors.ts';
import { forgetPixels } from './metrics/forget.ts';
import { PROCESS_STATES } from './metrics/label-values.ts';
import { createMetrics, type Metrics, setState } from './metrics/registry.ts';
import { createZeroing } from './metrics/zero.ts';

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

/** What a process has before its service runs. */
interface Housekeeping {
  readonly name: 'ingest' | 'worker';
  readonly path: string | undefined;
  readonly configuration: Configuration;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly zero: ReturnType<typeof createZeroing>;
}

/**
 * Runs a service from its options to its last signal: the housekeeping is the same for all.
 * @throws ConfigurationError, or ExpectedError when it cannot start
 */
export async function runService(
  name: 'ingest' | 'worker',
  options: Record<string, unknown>,
  start: StartService,
): Promise<undefined> {
  const path = options['config'] as string | undefined;
  const configuration = await loadConfiguration(path, process.env);
  const logger = createLogger(name, configuration.log.level);
  const metrics = createMetrics(name);
  const zero = createZeroing(metrics, name);
  zero(known(configuration));
  const house: Housekeeping = { name, path, configuration, metrics, logger, zero };
  // In the order in which they end; a signal while it starts ends what there is by then.
  const ends: (() => void | Promise<void>)[] = [];
  let stopping = false;
  runUntilSignal({
    logger,
    deadlineMs: configuration[name].stopTimeoutMs + configuration[name].metricsLingerMs,
    async stop() {
      stopping = true;
      setState(metrics.processState, {}, PROCESS_STATES, 'stopping');
      for (const end of ends) await end();
    },
  });
  const service = await start(configuration, metrics, logger).catch((error: unknown) => {
    throw new ExpectedError(`${name} cannot start: ${safeError(error)['message']}`);
  });
  let stopped = false;
  ends.push(async () => {
    await service.stop();
    stopped = true;
  });
  const admin = await serve(house, service, { stopping: () => stopping, stopped: () => stopped });
  ends.push(() => linger(configuration[name].metricsLingerMs));
  ends.push(() => admin.close());
  ends.unshift(follow(house, service));
  if (!stopping) setState(metrics.processState, {}, PROCESS_STATES, 'running');
}

function known({ pixels, kafka }: Configuration) {
  return { pixels: pixels.map(({ pixelId }) => pixelId), topics: kafka.topics };
}

/**
 * Who stops is not ready any more, whatever else holds; who has stopped has nothing to ask any more,
 * and shows its metrics as they are.
 */
function serve(
  { name, configuration, metrics, logger }: Housekeeping,
  service: RunningService,
  { stopping, stopped }: { stopping: () => boolean; stopped: () => boolean },
): Promise<AdminServer> {
  const page = createPage(metrics, service.collectors);
  return startAdminServer({
    port: configuration[name].port,
    page: () => (stopped() ? metrics.page() : page()),
    live: service.live,
    async ready() {
      if (stopping()) return [{ name: 'process', ok: false, detail: 'stopping' }];
      return service.ready();
    },
    logger,
  });
}

/** The last increments are worth nothing before they were scraped. */
function linger(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Takes up changes of the configuration for as long as the process runs. */
function follow(
  { path, configuration, metrics, logger, zero }: Housekeeping,
  service: RunningService,
): () => void {
  let { pixels } = known(configuration);
  return watchConfiguration({
    path,
    env: process.env,
    current: configuration,
    async onChange(next) {
      zero(known(next));
      await service.configure(next);
      await forgetPixels(metrics, leaving(pixels, known(next).pixels));
      pixels = known(next).pixels;
      logger.level = next.log.level;
      const restart = changesForRestart(configuration, next);
      metrics.configurationReloads.inc({ result: 'applied' });
      metrics.configurationValid.set(1);
      logger.info({ pixels: next.pixels.length }, 'configuration reloaded');
      if (restart.length > 0) logger.warn({ sections: restart }, 'these changes need a restart');
    },
    onMended: () => metrics.configurationValid.set(1),
    onRefused(error) {
      metrics.configurationReloads.inc({ result: 'refused' });
      metrics.configurationValid.set(0);
      const why = error instanceof ConfigurationError ? { problems: error.problems } : { error };
      logger.error(why, 'new configuration refused: the old one stays');
    },
  });
}

function leaving(before: readonly string[], after: readonly string[]): Set<string> {
  return new Set(before.filter((pixel) => !after.includes(pixel)));
}
