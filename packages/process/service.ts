import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration } from '#config/configuration.ts';
import { ExpectedError } from '#config/errors.ts';
import { exposuresOf } from '#config/exposures.ts';
import { loadConfiguration } from '#config/load.ts';
import { PixelNames } from '#core/pixel-names.ts';
import {
  type AccessRefusal,
  type AdminServer,
  type AdminServerOptions,
  type Check,
  createMetricsAccess,
  type MetricsAccess,
  startAdminServer,
} from './admin-server.ts';
import {
  type ConfiguredProcess,
  type Following,
  followConfiguration,
  knownValues,
  logCautions,
} from './follow-configuration.ts';
import { runUntilSignal, type Starting, StartPhase } from './lifecycle.ts';
import { createLogger, type Logger, logOutput } from './logger.ts';
import { type Collector, createPage } from './metrics/collectors.ts';
import type { Declarations } from './metrics/declare.ts';
import { PROCESS_STATES } from './metrics/process-metrics.ts';
import { createMetrics, type Metrics, setState } from './metrics/registry.ts';
import { safeText, stackFrames } from './redact.ts';

export interface RunningService extends Pick<AdminServerOptions, 'live' | 'ready' | 'web'> {
  /** Admits requests to `/metrics` that do not carry `metrics.token`. */
  readonly metricsAccess?: MetricsAccess | undefined;
  readonly collectors: readonly Collector[];
  /**
   * Applies a changed configuration: at once what can be, and the rest until the promise resolves. A
   * newer one may come before that.
   */
  configure(next: Configuration): void | Promise<void>;
  /** Ends in order: nothing that it holds is lost. */
  stop(): Promise<void>;
  /** Releases at once what others wait for, before a process ends that cannot end in order. */
  leave?(): Promise<void>;
}

type StartService<D extends Declarations> = (
  configuration: Configuration,
  metrics: Metrics<D>,
  logger: Logger,
  starting: Starting,
) => Promise<RunningService>;

/** A service has the name of its section of the configuration. */
type ServiceName = 'ingest' | 'worker' | 'control';

/** What exists before the service runs. */
interface Housekeeping extends ConfiguredProcess {
  readonly name: ServiceName;
}

/**
 * Runs a service from its options to its last signal.
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
  const { logger, follow } = loggerOf(name, configuration);
  const metrics = createMetrics(name, declarations, configuration.metrics.detailedPixels);
  metrics.initSeries(knownValues(configuration));
  const { stopTimeoutMs, metricsLingerMs } = { metricsLingerMs: 0, ...configuration[name] };
  warnOf(configuration, logger);
  // One that was found in this folder stays the one that is read again.
  const [file] = configuration.files;
  const house: Housekeeping = { name, path: path || file, configuration, metrics, logger };
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
  run.page = createPage(metrics, service.collectors);
  // The last increments are worth nothing before they are scraped.
  ends.splice(1, 0, () => sleep(metricsLingerMs));
  const following = followConfiguration(house, (next) => {
    follow(next);
    return service.configure(next);
  });
  run.following = following;
  ends.unshift(() => following.end());
  if (run.stopping) return;
  setState(metrics.processState, {}, PROCESS_STATES, 'running');
  logger.info('running');
}

/** Calls pixels by their names, and writes lines in the form, of the newest configuration. */
function loggerOf(name: ServiceName, first: Configuration) {
  let names = new PixelNames(first.pixels);
  let { log } = first;
  const output = logOutput(() => log.format);
  return {
    logger: createLogger(name, log.level, output, () => names),
    follow(next: Configuration): void {
      names = new PixelNames(next.pixels);
      log = next.log;
    },
  };
}

function warnOf(configuration: Configuration, logger: Logger): void {
  for (const exposure of exposuresOf(configuration)) logger.warn(exposure, 'not protected');
  logCautions(configuration, logger);
  for (const { from, to } of configuration.renamed) {
    const fix = `rename it to ${to}`;
    logger.warn({ section: from, fix }, 'a section of the configuration has its old name');
  }
}

const NOT_YET: AccessRefusal = { status: 503, headers: {}, body: 'starting\n' };

/** How long a failed start may take to undo what it had started, in ms. */
const UNDO_MS = 5000;

/** The state of a process between its start and its end. */
class Run {
  readonly phase: StartPhase;
  private readonly logger: Logger;
  /** Null until it runs. */
  service: RunningService | null = null;
  /** The metrics page with what collectors find; null until it runs. */
  page: (() => Promise<string>) | null = null;
  /** Null until changes of the configuration are followed. */
  following: Following | null = null;
  stopping = false;
  stopped = false;

  constructor(logger: Logger) {
    this.logger = logger;
    this.phase = new StartPhase(logger);
  }

  /** @throws ExpectedError when it cannot start, after it has undone what it had started */
  async start(name: string, start: () => Promise<RunningService>): Promise<RunningService> {
    try {
      const service = await start();
      // Told to stop meanwhile: the signal ends the process.
      if (this.stopping) return await never();
      this.service = service;
      return service;
    } catch (error) {
      if (this.stopping) return await never();
      this.logger.error({ error, at: stackFrames(error) }, 'cannot start');
      await Promise.race([this.phase.undo(), sleep(UNDO_MS)]);
      const why = error instanceof Error ? safeText(error.message) : typeof error;
      throw new ExpectedError(`${name} cannot start: ${why}`, { cause: error });
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
    // A process that stops is not ready, whatever else holds.
    if (this.stopping) return [{ name: 'process', ok: false, detail: 'stopping' }];
    if (this.service === null) return [this.phase.check()];
    const reloading = this.following === null ? [] : [this.following.check()];
    return [...(await this.service.ready()), ...reloading];
  }
}

/**
 * Answers from the first moment, whatever the service waits for. Once it has stopped, it queries
 * nothing and shows its metrics as they are.
 */
function serve(
  { name, configuration, metrics, logger }: Housekeeping,
  run: Run,
): Promise<AdminServer> {
  const { port, host } = configuration[name];
  const { token } = configuration.metrics;
  // In control the pages decide who may scrape, which they can only once they run.
  const early = createMetricsAccess(token, name === 'control' ? () => NOT_YET : undefined);
  return startAdminServer({
    port,
    host: host ?? undefined,
    setting: `${name}.port`,
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
