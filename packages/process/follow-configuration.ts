import { isDeepStrictEqual } from 'node:util';
import { cautionsOf } from '#config/cautions.ts';
import type { Configuration } from '#config/configuration.ts';
import { ConfigurationError } from '#config/problems.ts';
import { watchConfiguration } from '#config/watch.ts';
import { check } from './admin-server.ts';
import type { Logger } from './logger.ts';
import type { ConfiguredValues, ProcessMetrics } from './metrics/registry.ts';
import { safeText } from './redact.ts';

/** Logs what a person should look at in a configuration that is valid. */
export function logCautions(configuration: Configuration, logger: Logger): void {
  for (const { level, ...caution } of cautionsOf(configuration, Date.now())) {
    if (level === 'failure') logger.error(caution, 'nothing is delivered with this configuration');
    else logger.warn(caution, 'the configuration needs attention');
  }
}

export interface ConfiguredProcess {
  readonly path: string | undefined;
  /** The configuration that the process started with. */
  readonly configuration: Configuration;
  readonly metrics: ProcessMetrics;
  readonly logger: Logger;
}

/** The reloads of a process. */
export type Following = ReturnType<typeof followConfiguration>;

/** A change may wait for requests in flight; after this long the check fails, in ms. */
const SLOW_MS = 60_000;

/** The label values that the configuration names. */
export function knownValues({
  pixels,
  kafka,
}: Pick<Configuration, 'pixels' | 'kafka'>): ConfiguredValues {
  return { pixels: pixels.map(({ pixelId }) => pixelId), topics: kafka.topics };
}

/** Applies changes of the configuration for as long as the process runs. */
export function followConfiguration(
  options: ConfiguredProcess,
  configure: (next: Configuration) => void | Promise<void>,
) {
  const reloads = createReloads(options, configure);
  const { path, configuration, metrics, logger } = options;
  const endWatching = watchConfiguration({
    path,
    env: process.env,
    current: configuration,
    onChange(next) {
      metrics.configurationValid.set(1);
      metrics.configurationPending.set(1);
      reloads.start(next);
      logger.level = next.log.level;
      logCautions(next, logger);
      const sections = changesForRestart(configuration, next);
      if (sections.length > 0) logger.warn({ sections }, 'these changes need a restart');
    },
    onReverted: () => metrics.configurationValid.set(1),
    onRefused(error) {
      metrics.configurationReloads.inc({ result: 'refused' });
      metrics.configurationValid.set(0);
      const why = error instanceof ConfigurationError ? { problems: error.problems } : { error };
      logger.error(why, 'new configuration refused: keeping the old one');
    },
  });
  return {
    /** Fails while the newest change is retried, or takes long. */
    check: () => check('configuration', fault(reloads)),
    /** Follows no further change. */
    end(): void {
      endWatching();
      reloads.end();
    },
  };
}

function createReloads(
  { configuration, metrics, logger }: ConfiguredProcess,
  configure: (next: Configuration) => void | Promise<void>,
): Reloads {
  // Pixels that may still have gauges, whether they are configured or not.
  let known = new Set(knownValues(configuration).pixels);
  return new Reloads({
    apply(next) {
      metrics.initSeries(knownValues(next));
      return configure(next);
    },
    onApplied(next) {
      const configured = new Set(knownValues(next).pixels);
      const removed = [...known].filter((pixel) => !configured.has(pixel));
      void metrics.dropSeries(new Set(removed));
      known = configured;
      metrics.configurationReloads.inc({ result: 'applied' });
      metrics.configurationPending.set(0);
      logger.info({ pixels: next.pixels.length }, 'configuration reloaded');
    },
    onFailed(error) {
      metrics.configurationReloads.inc({ result: 'failed' });
      logger.error({ error }, 'new configuration cannot be applied: retrying');
    },
  });
}

function fault(reloads: Reloads): string | null {
  const { failed } = reloads;
  if (failed !== null) return `a change fails and is retried: ${safeText(failed)}`;
  const pendingMs = reloads.pendingMs(Date.now());
  if (pendingMs < SLOW_MS) return null;
  return `a change has not taken full effect for ${Math.round(pendingMs / 1000)} s`;
}

/** The sections that a process reads once, when it starts. */
const READ_AT_START = [
  'kafka',
  'schemaRegistry',
  'redis',
  'graphApi',
  'sealing',
  'ingest',
  'worker',
  'deadLetters',
  'control',
  'metrics',
  'tracing',
] as const satisfies readonly (keyof Configuration)[];

/** The sections that differ and take effect only after a restart. */
export function changesForRestart(before: Configuration, after: Configuration): string[] {
  return READ_AT_START.filter((section) => !isDeepStrictEqual(before[section], after[section]));
}

interface ReloadsOptions {
  /**
   * Applies a configuration: at once what can be, and the rest until the promise resolves. It may be
   * called again before that, and then the newer configuration wins.
   */
  readonly apply: (next: Configuration) => void | Promise<void>;
  /** All of the newest configuration is in effect. */
  readonly onApplied: (next: Configuration) => void;
  /** It could not be applied; it is retried until it can be, or until a newer one comes. */
  readonly onFailed: (error: Error) => void;
  /** Between attempts, in ms. */
  readonly retryMs?: number;
}

const RETRY_MS = 5000;

/**
 * Applies each configuration without waiting for the one before it: a change that takes long, fails
 * or hangs never holds up the next.
 */
export class Reloads {
  private newest = 0;
  private pendingSince: number | null = null;
  /** Why the newest configuration is not in effect; null once all of it is, and while it is applied. */
  failed: string | null = null;
  private retry: NodeJS.Timeout | undefined;
  private readonly options: ReloadsOptions;

  constructor(options: ReloadsOptions) {
    this.options = options;
  }

  start(next: Configuration): void {
    clearTimeout(this.retry);
    this.newest += 1;
    this.pendingSince = Date.now();
    this.failed = null;
    void this.attempt(next, this.newest);
  }

  /** Retries nothing any more. */
  end(): void {
    clearTimeout(this.retry);
    this.newest += 1;
  }

  /** How long the newest configuration has waited for its full effect, in ms; 0 once it has it. */
  pendingMs(now: number): number {
    return this.pendingSince === null ? 0 : Math.max(now - this.pendingSince, 0);
  }

  private async attempt(next: Configuration, turn: number): Promise<void> {
    const { apply, onApplied, onFailed, retryMs = RETRY_MS } = this.options;
    try {
      await apply(next);
      if (turn !== this.newest) return;
      this.pendingSince = null;
      this.failed = null;
      onApplied(next);
    } catch (error) {
      if (turn !== this.newest) return;
      const { message } = error as Error;
      const known = this.failed === message;
      this.failed = message;
      this.retry = setTimeout(() => void this.attempt(next, turn), retryMs).unref();
      if (!known) onFailed(error as Error);
    }
  }
}
