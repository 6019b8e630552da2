import { changesForRestart } from '#config/changes.ts';
import type { Configuration } from '#config/configuration.ts';
import { ConfigurationError } from '#config/problem.ts';
import { Reloads } from '#config/reloads.ts';
import { watchConfiguration } from '#config/watch.ts';
import { type Check, check } from './admin-server.ts';
import type { Logger } from './logger.ts';
import type { ConfiguredValues, ProcessMetrics } from './metrics/registry.ts';
import { safeText } from './safe-error.ts';

/** What a change of the configuration touches, whatever the service. */
interface Followed {
  readonly path: string | undefined;
  /** As it was when the process started. */
  readonly configuration: Configuration;
  readonly metrics: ProcessMetrics;
  readonly logger: Logger;
}

/** The changes of the configuration of a process, as they take effect. */
export interface Following {
  /** Fails while the newest change is tried again, or takes long. */
  check(): Check;
  /** Follows no further change. */
  end(): void;
}

/** A change may wait for requests under way; after this long it is worth a look, in ms. */
const SLOW_MS = 60_000;

/** What the configuration says about the values of labels. */
export function knownValues({ pixels, kafka }: Configuration): ConfiguredValues {
  return { pixels: pixels.map(({ pixelId }) => pixelId), topics: kafka.topics };
}

/** Applies changes of the configuration for as long as the process runs. */
export function followConfiguration(
  { path, configuration, metrics, logger }: Followed,
  configure: (next: Configuration) => void | Promise<void>,
): Following {
  // Those that were configured once and whose gauges may still be there.
  const known = new Set(knownValues(configuration).pixels);
  const reloads = new Reloads({
    apply(next) {
      metrics.initSeries(knownValues(next));
      return configure(next);
    },
    onApplied(next) {
      void metrics.dropSeries(leaving(known, knownValues(next).pixels));
      metrics.configurationReloads.inc({ result: 'applied' });
      metrics.configurationPending.set(0);
      logger.info({ pixels: next.pixels.length }, 'configuration reloaded');
    },
    onFailed(error) {
      metrics.configurationReloads.inc({ result: 'failed' });
      logger.error({ error }, 'new configuration cannot be applied: trying again');
    },
  });
  const endWatching = watchConfiguration({
    path,
    env: process.env,
    current: configuration,
    onChange(next) {
      metrics.configurationValid.set(1);
      metrics.configurationPending.set(1);
      reloads.take(next);
      logger.level = next.log.level;
      const restart = changesForRestart(configuration, next);
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
  return {
    check: () => check('configuration', fault(reloads)),
    end() {
      endWatching();
      reloads.end();
    },
  };
}

function fault(reloads: Reloads): string | null {
  const { failed } = reloads;
  if (failed !== null) return `a change of it fails and is tried again: ${safeText(failed)}`;
  const pendingMs = reloads.pendingMs(Date.now());
  if (pendingMs < SLOW_MS) return null;
  return `a change of it has not taken full effect for ${Math.round(pendingMs / 1000)} s`;
}

/** The known pixels that are configured no more; from now on the configured ones are known. */
function leaving(known: Set<string>, configured: readonly string[]): Set<string> {
  const gone = new Set([...known].filter((pixel) => !configured.includes(pixel)));
  for (const pixel of gone) known.delete(pixel);
  for (const pixel of configured) known.add(pixel);
  return gone;
}
