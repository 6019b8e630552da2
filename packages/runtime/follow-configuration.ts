import { changesForRestart } from './configuration/changes.ts';
import type { Configuration } from './configuration/configuration.ts';
import { ConfigurationError } from './configuration/problem.ts';
import { watchConfiguration } from './configuration/watch.ts';
import type { Logger } from './logger.ts';
import { forgetPixels } from './metrics/forget.ts';
import type { Metrics } from './metrics/registry.ts';
import type { ConfiguredValues } from './metrics/zero.ts';

/** What a change of the configuration touches, whatever the service. */
interface Followed {
  readonly path: string | undefined;
  /** As it was when the process started. */
  readonly configuration: Configuration;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly zero: (known: ConfiguredValues) => void;
}

/** What the configuration says about the values of labels. */
export function knownValues({ pixels, kafka }: Configuration): ConfiguredValues {
  return { pixels: pixels.map(({ pixelId }) => pixelId), topics: kafka.topics };
}

/**
 * Takes up changes of the configuration for as long as the process runs.
 * @returns what ends that
 */
export function followConfiguration(
  { path, configuration, metrics, logger, zero }: Followed,
  configure: (next: Configuration) => void | Promise<void>,
): () => void {
  let { pixels } = knownValues(configuration);
  return watchConfiguration({
    path,
    env: process.env,
    current: configuration,
    async onChange(next) {
      zero(knownValues(next));
      await configure(next);
      await forgetPixels(metrics, leaving(pixels, knownValues(next).pixels));
      pixels = knownValues(next).pixels;
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
