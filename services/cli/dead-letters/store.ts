import type { Configuration } from '#config/configuration.ts';
import { connectOnce } from '#store/connection.ts';
import { createStore, type Store } from '#store/store.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';

/**
 * Works with the Redis of a configuration, and lets go of it whatever happens.
 * @throws ExitError when it cannot be reached, or goes away meanwhile
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
      const words = `Redis cannot be reached at ${at} (${error.code ?? error.message})`;
      throw new ExitError(EXIT_CODES.unreachable, `${words}: capi-relay check says more`);
    });
    return await work(createStore(redis, prefix));
  } catch (error) {
    if (error instanceof ExitError || redis.status === 'ready') throw error;
    const words = `the connection to Redis at ${at} broke`;
    throw new ExitError(
      EXIT_CODES.unreachable,
      `${words}: what was done is done, start again to go on`,
    );
  } finally {
    redis.disconnect();
  }
}
