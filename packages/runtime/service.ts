import { type AdminServer, type AdminServerOptions, startAdminServer } from './admin-server.ts';
import { ExpectedError } from './command.ts';
import type { Configuration } from './configuration/configuration.ts';
import { loadConfiguration } from './configuration/load.ts';
import { followConfiguration, knownValues } from './follow-configuration.ts';
import { runUntilSignal } from './lifecycle.ts';
import { createLogger, type Logger, safeError } from './logger.ts';
import { type Collector, createPage } from './metrics/collectors.ts';
import { PROCESS_STATES } from './metrics/label-values.ts';
import { createMetrics, type Metrics, setState } from './metrics/registry.ts';
import { createZeroing } from './metrics/zero.ts';
import { createMetricsAccess, type MetricsAccess } from './metrics-access.ts';

/** What every long-running service can do once it runs. */
export interface RunningService extends Pick<AdminServerOptions, 'live' | 'ready' | 'web'> {
  /** Who may have `/metrics` besides those that carry `metrics.token`; without it, see there. */
  readonly metricsAccess?: MetricsAccess | undefined;
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

/** A service is called like the section of the configuration that is its own. */
export type ServiceName = 'ingest' | 'worker' | 'console';

/** What a process has before its service runs. */
interface Housekeeping {
  readonly name: ServiceName;
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
  name: ServiceName,
  options: Record<string, unknown>,
  start: StartService,
): Promise<undefined> {
  const path = options['config'] as string | undefined;
  const configuration = await loadConfiguration(path, process.env);
  const logger = createLogger(name, configuration.log.level);
  const metrics = createMetrics(name);
  const zero = createZeroing(metrics, name);
  zero(knownValues(configuration));
  const { stopTimeoutMs, metricsLingerMs } = { metricsLingerMs: 0, ...configuration[name] };
  const house: Housekeeping = { name, path, configuration, metrics, logger, zero };
  // In the order in which they end; a signal while it starts ends what there is by then.
  const ends: (() => void | Promise<void>)[] = [];
  let stopping = false;
  runUntilSignal({
    logger,
    deadlineMs: stopTimeoutMs + metricsLingerMs,
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
  ends.push(() => linger(metricsLingerMs));
  ends.push(() => admin.close());
  ends.unshift(followConfiguration(house, (next) => service.configure(next)));
  if (!stopping) setState(metrics.processState, {}, PROCESS_STATES, 'running');
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
  const { port, host } = configuration[name];
  return startAdminServer({
    port,
    host: host ?? undefined,
    web: service.web,
    metricsAccess: createMetricsAccess(configuration.metrics.token, service.metricsAccess),
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
