import type { Configuration } from '#config/configuration.ts';
import { exposuresOf } from '#config/exposures.ts';
import { type Finding, warning } from './finding.ts';

/** What the configuration lets others read or forge. */
export function lookAtExposures(configuration: Configuration): readonly Finding[] {
  return exposuresOf(configuration).map(({ subject, problem, fix }) =>
    warning(subject, problem, fix),
  );
}
