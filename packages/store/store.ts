import type { Redis } from 'ioredis';
import { createKeys, type Keys } from './keys.ts';

/** Where everything is kept: a connection to Redis, and the names of its keys under one prefix. */
export interface Store {
  readonly redis: Redis;
  readonly keys: Keys;
}

export function createStore(redis: Redis, prefix: string): Store {
  return { redis, keys: createKeys(prefix) };
}
