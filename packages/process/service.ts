import type { Configuration } from '#config/configuration.ts';
import { exposuresOf } from '#config/exposures.ts';
import { loadConfiguration } from '#config/load.ts';
import {
  type AdminServer,
  type AdminServerOptions,
  type Check,
  startAdminServer,
} from './admin-server.ts';
import { ExpectedError } from './command.ts';
import { type Following, followConfiguration, knownValues } from './follow-configuration.ts';
import { runUntilSignal } from './lifecycle.ts';
import { createLogger, type Logger, safeError } from './logger.ts';
import { type Collector, createPage } from './metrics/collectors.ts';
import type { Declarations } from './metrics/declare.ts';
import { PROCESS_STATES } from './metrics/process-metrics.ts';
import { createMetrics, type Metrics, type ProcessMetrics, setState } from './metrics/registry.ts';
import { type AccessRefusal, createMetricsAccess, type MetricsAccess } from './metrics-access.ts';
import { type Starting, StartPhase } from './starting.ts';

/** What every long-running service can do once it runs. */
export interface RunningService extends Pick<AdminServerOptions, 'live' | 'ready' | 'web'> {
  /** Who may have `/metrics` besides those that carry `metrics.token`; without it, see there. */
  readonly metricsAccess?: MetricsAccess | undefined;
  readonly collectors: readonly Collector[];
  /**
   * Applies a configuration that was changed while it ran: at once what can be, and the rest until
   * the promise resolves. A newer one may come before that.
   */
  configure(next: Configuration): void | Promise<void>;
  /** Ends in order: nothing that is held is lost. */
  stop(): Promise<void>;
  /** Gives up at once what others wait for, before a process ends that cannot end in order. */
  leave?(): Promise<void>;
}

export type StartService<D extends Declarations> = (
  configuration: Configuration,
  metrics: Metrics<D>,
  logger: Logger,
  starting: Starting,
) => Promise<RunningService>;

/** A service is called like the section of the configuration that is its own. */
export type ServiceName = 'ingest' | 'worker' | 'control';

/** What a process has before its service runs. */
interface Housekeeping {
  readonly name: ServiceName;
  readonly path: string | undefined;
  readonly configuration: Configuration;
  readonly metrics: ProcessMetrics;
  readonly logger: Logger;
}

/**
 * Runs a service from its options to its last signal: the housekeeping is the same for all.
 * @throws ConfigurationError, or ExpectedError when it cannot start
 */
export async function runService<D extends Declarations>(
  name: ServiceName,
  declarations: D,
  options: Record<string, unknown>,
  start: StartService<D>,
): Promise<undefined> {
  const path = options['config'] as string | undefined;
  const configuration = await loadConfiguration(path, process.env);
  const logger = createLogger(name, configuration.log.level);
  const metrics = createMetrics(name, declarations);
  metrics.initSeries(knownValues(configuration));
  const { stopTimeoutMs, metricsLingerMs } = { metricsLingerMs: 0, ...configuration[name] };
  warnOf(configuration, logger);
  const house: Housekeeping = { name, path, configuration, metrics, logger };
  const run = new Run(logger);
  // In the order in which they end; a signal while it starts ends what there is by then.
  const ends: (() => void | Promise<void>)[] = [() => run.end()];
  runUntilSignal({
    logger,
    deadlineMs: stopTimeoutMs + metricsLingerMs,
    async stop() {
      run.stopping = true;
      setState(metrics.processState, {}, PROCESS_STATES, 'stopping');
      for (const end of ends) await end();
    },
    leave: () => run.leave(),
  });
  const admin = await serve(house, run);
  ends.push(() => admin.close());
  const service = await run.start(name, () => start(configuration, metrics, logger, run.phase));
  run.service = service;
  run.page = createPage(metrics, service.collectors);
  ends.splice(1, 0, () => linger(metricsLingerMs));
  const following = followConfiguration(house, (next) => service.configure(next));
  run.following = following;
  ends.unshift(() => following.end());
  if (run.stopping) return;
  setState(metrics.processState, {}, PROCESS_STATES, 'running');
  logger.info('running');
}

function warnOf(configuration: Configuration, logger: Logger): void {
  for (const exposure of exposuresOf(configuration)) logger.warn(exposure, 'not protected');
  for (const { from, to } of configuration.renamed) {
    const fix = `rename it to ${to}`;
    logger.warn({ section: from, fix }, 'a section of the configuration has its old name');
  }
}

const NOT_YET: AccessRefusal = { status: 503, headers: {}, body: 'starting\n' };

/** What a failed start may take to end what it had started, in ms. */
const UNDO_MS = 5000;

/** How far a process has come between its start and its end. */
class Run {
  readonly phase: StartPhase;
  /** Null until it runs. */
  service: RunningService | null = null;
  /** The page with what collectors find out; null until it runs. */
  page: (() => Promise<string>) | null = null;
  /** Null until changes of the configuration are followed. */
  following: Following | null = null;
  stopping = false;
  stopped = false;

  constructor(logger: Logger) {
    this.phase = new StartPhase(logger);
  }

  /** @throws ExpectedError when it cannot start; then nothing that it had started is left */
  async start(name: string, start: () => Promise<RunningService>): Promise<RunningService> {
    try {
      const service = await start();
      // Whatever was undone meanwhile: the signal ends the process.
      return this.stopping ? await never() : service;
    } catch (error) {
      if (this.stopping) return await never();
      await Promise.race([this.phase.undo(), linger(UNDO_MS)]);
      throw new ExpectedError(`${name} cannot start: ${safeError(error)['message']}`);
    }
  }

  async end(): Promise<void> {
    await (this.service === null ? this.phase.undo() : this.service.stop());
    this.stopped = true;
  }

  async leave(): Promise<void> {
    await (this.service === null ? this.phase.undo() : this.service.leave?.());
  }

  live(): Check[] {
    return this.service?.live() ?? [{ name: 'event loop', ok: true }];
  }

  async ready(): Promise<Check[]> {
    // Who stops is not ready any more, whatever else holds.
    if (this.stopping) return [{ name: 'process', ok: false, detail: 'stopping' }];
    if (this.service === null) return [this.phase.check()];
    const reloading = this.following === null ? [] : [this.following.check()];
    return [...(await this.service.ready()), ...reloading];
  }
}

/**
 * Answers from the first moment, whatever the service waits for. Who has stopped has nothing to ask
 * any more, and shows its metrics as they are.
 */
function serve(
  { name, configuration, metrics, logger }: Housekeeping,
  run: Run,
): Promise<AdminServer> {
  const { port, host } = configuration[name];
  const { token } = configuration.metrics;
  // Pages for people decide who may scrape, and until they run they cannot.
  const early = createMetricsAccess(token, name === 'control' ? () => NOT_YET : undefined);
  return startAdminServer({
    port,
    host: host ?? undefined,
    get web() {
      return run.service?.web;
    },
    metricsAccess: (request) =>
      run.service === null
        ? early(request)
        : createMetricsAccess(token, run.service.metricsAccess)(request),
    page: () => (run.stopped || run.page === null ? metrics.page() : run.page()),
    live: () => run.live(),
    ready: () => run.ready(),
    logger,
  });
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/** The last increments are worth nothing before they were scraped. */
function linger(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
