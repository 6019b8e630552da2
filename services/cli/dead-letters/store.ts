import { connectOnce, type Redis } from '#queue/connection.ts';
import { ExpectedError } from '#runtime/command.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';

/** Works with the Redis of a configuration, and lets go of it whatever happens. */
export async function withRedis<T>(
  { redis: { url } }: Configuration,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = connectOnce(url);
  try {
    await redis.connect().catch((error: Error & { code?: string }) => {
      const { hostname, port } = new URL(url);
      const why = error.code ?? error.message;
      throw new ExpectedError(
        `Redis cannot be reached at ${hostname}:${port || 6379} (${why}): capi-relay check says more`,
      );
    });
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}
