import type { Configuration } from '#config/configuration.ts';
import { connectOnce } from '#store/connection.ts';
import { createStore, type Store } from '#store/store.ts';
import { EXIT_CODES, ExitError } from './exit-codes.ts';

/**
 * Connects to the configured Redis, and disconnects whatever happens.
 * @throws ExitError when Redis cannot be reached, or the connection breaks
 */
export async function withStore<T>(
  { redis: { url, prefix } }: Configuration,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const { hostname, port } = new URL(url);
  const at = `${hostname}:${port || 6379}`;
  const redis = connectOnce(url);
  try {
    await redis.connect().catch((error: Error & { code?: string }) => {
      const problem = `Redis cannot be reached at ${at} (${error.code ?? error.message})`;
      throw new ExitError(EXIT_CODES.unreachable, `${problem}: run capi-relay check`);
    });
    return await work(createStore(redis, prefix));
  } catch (error) {
    if (error instanceof ExitError || redis.status === 'ready') throw error;
    const problem = `the connection to Redis at ${at} broke`;
    throw new ExitError(
      EXIT_CODES.unreachable,
      `${problem}: what was done is done; run the command again to continue`,
    );
  } finally {
    redis.disconnect();
  }
}
