import { Redis } from 'ioredis';

/** A connection as BullMQ's own worker wants it: it waits for Redis as long as it takes. */
export function connectForBull(url: string): Redis {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  connection.on('error', () => {});
  return connection;
}
