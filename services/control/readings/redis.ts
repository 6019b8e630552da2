import { safeText } from '#process/redact.ts';
import { type ConnectionLog, connectForReading, type Redis } from '#store/connection.ts';
import type { DependencyReading } from './kafka.ts';

/** The connection that pages read with, and how it is. */
export interface RedisWatch {
  readonly redis: Redis;
  read(): DependencyReading;
  close(): void;
}

/** Connects, and goes on trying for as long as it takes. */
export function watchRedis(url: string, log: ConnectionLog): RedisWatch {
  let lastError: DependencyReading['lastError'] = null;
  const redis = connectForReading(url, (event, detail) => {
    if (event === 'redis_lost') lastError = { words: safeText(detail), at: Date.now() };
    log(event, detail);
  });
  redis.on('close', () => {
    lastError ??= { words: 'the connection was closed', at: Date.now() };
  });
  return {
    redis,
    read() {
      const ok = redis.status === 'ready';
      return { ok, detail: ok ? 'answers' : 'does not answer', lastError };
    },
    close: () => redis.disconnect(),
  };
}
