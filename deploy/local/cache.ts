import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where things stay that are fetched once for a user. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME } = process.env;
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'capi-relay');
}
