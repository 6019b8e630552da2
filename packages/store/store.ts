import type { Redis } from 'ioredis';
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
}

export function createStore(redis: Redis, prefix: string): Store {
  return { redis, keys: createKeys(prefix) };
}
