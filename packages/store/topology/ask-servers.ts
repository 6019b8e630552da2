import type { Redis } from 'ioredis';
import type { TlsKeys } from '#core/text/tls-fault.ts';
import { connectionCause } from '../connection-cause.ts';
import { NotLocated } from './not-located.ts';

/** Opens a connection to one server, written as host:port; it connects when told, and once. */
export type OpenServer = (server: string) => Redis;

/** How long a server may take to connect, and to answer a question, in ms. */
const PATIENCE_MS = 3000;

/** The options of a connection for one question. */
export const ASKING = {
  lazyConnect: true,
  retryStrategy: () => null,
  enableReadyCheck: false,
  maxRetriesPerRequest: 0,
  connectTimeout: PATIENCE_MS,
  commandTimeout: PATIENCE_MS,
};

/** It answers, and does not know what it was asked. */
export class Unknowing extends Error {
  override readonly name = 'Unknowing';
}

interface RoundOptions {
  /** Such as `Sentinel`. */
  readonly whom: string;
  readonly open: OpenServer;
  readonly keys: TlsKeys;
}

/**
 * Asks one server after the other until one knows. The next question begins at the next server: one that is
 * cut off from the others may go on giving an old answer.
 */
export class ServerRound {
  private next = 0;
  private readonly options: RoundOptions;

  constructor(options: RoundOptions) {
    this.options = options;
  }

  /** @throws NotLocated with what each of them said */
  async ask<T>(
    servers: readonly string[],
    question: (redis: Redis, server: string) => Promise<T>,
  ): Promise<T> {
    const first = this.next++ % servers.length;
    const said: { readonly words: string; readonly isRefusal: boolean }[] = [];
    for (const server of [...servers.slice(first), ...servers.slice(0, first)]) {
      try {
        return await this.askOne(server, question);
      } catch (error) {
        const { cause, isRefusal } = this.reasonOf(error as Error);
        said.push({ words: `${server}: ${cause}`, isRefusal });
      }
    }
    const words = said.map((each) => each.words).join('; ');
    const isRefusal = said.every((each) => each.isRefusal);
    throw new NotLocated(`no ${this.options.whom} says where the primary is: ${words}`, isRefusal);
  }

  private async askOne<T>(
    server: string,
    question: (redis: Redis, server: string) => Promise<T>,
  ): Promise<T> {
    const redis = this.options.open(server);
    let reason: Error | null = null;
    redis.on('error', (error: Error) => {
      reason ??= error;
    });
    try {
      await redis.connect();
      return await question(redis, server);
    } catch (error) {
      throw reason ?? error;
    } finally {
      redis.disconnect();
    }
  }

  private reasonOf(error: Error) {
    const isWords = error instanceof Unknowing || error.name === 'ReplyError';
    const found = connectionCause(error, this.options.keys);
    return isWords && !found.isRefusal ? { ...found, cause: error.message } : found;
  }
}
