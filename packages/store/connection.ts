import type { ChainableCommander, Redis } from 'ioredis';
import {
  type ConnectionCause,
  connectionCause,
  LOCATED_TLS,
  REDIS_TLS,
} from './connection-cause.ts';
import { locatedBy, openRedis, type RedisAddress } from './secured-redis.ts';
import { reachedServer } from './topology/locating-connector.ts';

export type { Redis };

/** Told when a connection is lost, and why, and when it is found, and where; never a URL, which has a password. */
export type ConnectionLog = (event: 'redis_lost' | 'redis_ready', detail: string) => void;

const RECONNECT_CAP_MS = 1000;

/** A machine that vanished closes no connection: one that owes an answer for so long is given up, in ms. */
const COMMAND_MS = 15_000;
const PAGE_MS = 10_000;
/** BullMQ's longest wait for work is ten seconds. */
const WAITING_MS = 20_000;

/**
 * A connection for commands that must answer or fail: they fail when the connection breaks, so that
 * the caller learns what became of them instead of having them sent twice.
 */
export function connectForCommands(address: RedisAddress, log: ConnectionLog): Redis {
  return watched(
    openRedis(address, {
      // Any other number lets them hang until the time is out, where the first reconnect succeeds.
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      connectTimeout: 5000,
      commandTimeout: COMMAND_MS,
      socketTimeout: COMMAND_MS,
      retryStrategy,
    }),
    log,
  );
}

/** A connection for pages: what is asked while Redis is away fails at once, and the page says so. */
export function connectForReading(address: RedisAddress, log: ConnectionLog): Redis {
  return watched(
    openRedis(address, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 5000,
      commandTimeout: PAGE_MS,
      socketTimeout: PAGE_MS,
      retryStrategy,
    }),
    log,
  );
}

/** A connection for BullMQ's worker, which waits for Redis as long as it takes. */
export function connectForWorker(address: RedisAddress, log: ConnectionLog): Redis {
  const waits = { maxRetriesPerRequest: null, socketTimeout: WAITING_MS };
  return watched(openRedis(address, { ...waits, retryStrategy }), log);
}

/** For one check: fails at once when there is no answer. */
export function connectOnce(address: RedisAddress): Redis {
  const redis = openRedis(address, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    connectTimeout: 4000,
    retryStrategy: () => null,
  });
  redis.on('error', (error: Error) => void remember(redis, error));
  return redis;
}

/** What the commands of a pipeline answer. @throws the first error among them */
export async function repliesOf(pipeline: ChainableCommander): Promise<unknown[]> {
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}

function retryStrategy(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 8), RECONNECT_CAP_MS);
}

const lastErrors = new WeakMap<Redis, ConnectionCause>();

/** Why Redis lets this connection not in; null where it is not that. */
export function refusedLogin(redis: Redis): string | null {
  const last = lastErrors.get(redis);
  return last?.isRefusal ? last.cause : null;
}

function remember(redis: Redis, error: Error): string {
  const keys = locatedBy(redis) === 'redis.url' ? REDIS_TLS : LOCATED_TLS;
  const found = connectionCause(error, keys);
  lastErrors.set(redis, found);
  return found.cause;
}

/** Why a connection is broken now, as a code such as ECONNREFUSED; null while nothing is wrong. */
export function connectionError(redis: Redis): string | null {
  return lastErrors.get(redis)?.cause ?? null;
}

/** Without a listener ioredis prints each failed attempt; one line for each change is enough. */
function watched(redis: Redis, log: ConnectionLog): Redis {
  let lost: string | null = null;
  const lose = (detail: string): void => {
    // A refused login is told as well where the connection was lost before for another reason.
    if (lost !== null && (refusedLogin(redis) === null || lost === detail)) return;
    log('redis_lost', detail);
    lost = detail;
  };
  redis.on('error', (error: Error) => lose(remember(redis, error)));
  // A server that ends in order closes without an error.
  redis.on('reconnecting', () => lose(refusedLogin(redis) ?? 'closed'));
  redis.on('ready', () => {
    lastErrors.delete(redis);
    if (lost !== null) log('redis_ready', reachedServer(redis));
    lost = null;
  });
  return redis;
}
