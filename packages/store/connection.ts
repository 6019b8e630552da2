import type { ChainableCommander, Redis } from 'ioredis';
import { tlsFault } from '#core/text/tls-fault.ts';
import { openRedis, type RedisAddress } from './secured-redis.ts';

export type { Redis };

/** Told when a connection is lost and found; the error never holds the URL, which has a password. */
export type ConnectionLog = (event: 'redis_lost' | 'redis_ready', detail: string) => void;

const RECONNECT_CAP_MS = 1000;

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
      commandTimeout: 15_000,
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
      commandTimeout: 10_000,
      retryStrategy,
    }),
    log,
  );
}

/** A connection for BullMQ's worker, which waits for Redis as long as it takes. */
export function connectForWorker(address: RedisAddress, log: ConnectionLog): Redis {
  return watched(openRedis(address, { maxRetriesPerRequest: null, retryStrategy }), log);
}

/** For one check: fails at once when there is no answer. */
export function connectOnce(address: RedisAddress): Redis {
  const redis = openRedis(address, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    connectTimeout: 4000,
    retryStrategy: () => null,
  });
  redis.on('error', (error: ConnectionFailure) => void remember(redis, error));
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

type ConnectionFailure = Error & { readonly code?: string };

/** What Redis replies to a wrong password, and to none where it wants one. Source: redis.io, AUTH. */
const LOGIN_REFUSALS = {
  WRONGPASS: 'wrong password or user (WRONGPASS)',
  NOAUTH: 'wrong password, as none is given (NOAUTH)',
} as const;

/** Why Redis lets no one in, in words that hold no password; null for any other error. */
export function loginRefusal(error: unknown): string | null {
  const word = error instanceof Error ? /^(?:WRONGPASS|NOAUTH)\b/.exec(error.message)?.[0] : null;
  return word === 'WRONGPASS' || word === 'NOAUTH' ? LOGIN_REFUSALS[word] : null;
}

const lastErrors = new WeakMap<Redis, { readonly cause: string; readonly isRefusal: boolean }>();

/** Why Redis lets this connection not in; null where it is not that. */
export function refusedLogin(redis: Redis): string | null {
  const last = lastErrors.get(redis);
  return last?.isRefusal ? last.cause : null;
}

/** The keys that the fix of a failed TLS connection names. */
export const REDIS_TLS = {
  ca: 'redis.tls.caFile',
  cert: 'redis.tls.certFile',
  serverName: 'redis.tls.serverName',
  without: 'write redis:// in redis.url',
};

function tlsCause(code: unknown): string | null {
  const fault = tlsFault(code, REDIS_TLS);
  return fault && `${fault.problem}: ${fault.fix}`;
}

function remember(redis: Redis, error: ConnectionFailure): string {
  const refusal = loginRefusal(error);
  const cause = refusal ?? tlsCause(error.code) ?? error.code ?? error.name;
  lastErrors.set(redis, { cause, isRefusal: refusal !== null });
  return cause;
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
  redis.on('error', (error: ConnectionFailure) => lose(remember(redis, error)));
  // A server that ends in order closes without an error.
  redis.on('reconnecting', () => lose(refusedLogin(redis) ?? 'closed'));
  redis.on('ready', () => {
    lastErrors.delete(redis);
    if (lost !== null) log('redis_ready', 'connected again');
    lost = null;
  });
  return redis;
}
