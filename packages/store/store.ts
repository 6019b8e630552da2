import type { Redis } from 'ioredis';
import type { RedisConfiguration } from '#config/configuration.ts';
import type { EventDecoder } from '#core/event/event-decoder.ts';
import { connectOnce } from './connection.ts';
import { createKeys, type Keys } from './keys.ts';
import type { Sealer } from './sealing.ts';

/** Where everything is kept: a connection to Redis, and the names of its keys under one prefix. */
export interface Store {
  readonly redis: Redis;
  readonly keys: Keys;
}

/** A store with what seals and opens its dead letters. */
export interface SealedStore extends Store {
  readonly sealer: Sealer;
  /** Decodes messages of dead letters that name a schema; they stay as they are without one. */
  readonly decoder?: EventDecoder;
}

export function createStore(redis: Redis, prefix: string): Store {
  return { redis, keys: createKeys(prefix) };
}

/**
 * Connects once, and disconnects whatever happens.
 * @param onError told of each reason why the connection fails
 */
export async function withStore<T>(
  address: RedisConfiguration,
  onError: (error: unknown) => void,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const redis = connectOnce(address);
  redis.on('error', onError);
  try {
    await redis.connect();
    return await work(createStore(redis, address.prefix));
  } finally {
    redis.disconnect();
  }
}
