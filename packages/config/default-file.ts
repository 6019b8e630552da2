import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from './problems.ts';

/** What a configuration file is called that need not be named. */
export const DEFAULT_FILES = ['capi-relay.yaml', 'capi-relay.yml', 'capi-relay.json'] as const;

/**
 * The configuration file of a folder, for a command that was given none.
 * @throws ConfigurationError where there is none, or more than one
 */
export function defaultFile(folder: string): string {
  const found = DEFAULT_FILES.filter((name) => existsSync(join(folder, name)));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const message =
    only === undefined
      ? 'no configuration file is given'
      : `no configuration file is given, and this folder has ${found.join(' and ')}`;
  const fix =
    only === undefined
      ? 'use --config FILE or CAPI_RELAY_CONFIG, or name it capi-relay.yaml in this folder; capi-relay init writes one'
      : 'use --config FILE or CAPI_RELAY_CONFIG, or leave one file';
  throw new ConfigurationError('the command line', [
    { path: '--config', message, fix, line: null },
  ]);
}
