import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { composeDown, composeUp, dockerAnswers } from './compose.ts';
import { startKafka } from './kafka.ts';
import { freePort } from './ports.ts';
import { startRedis } from './redis.ts';
import type { LocalServer, Say } from './server.ts';

/** A Kafka and a Redis to work with. */
export interface LocalServices {
  readonly brokers: string[];
  readonly redisUrl: string;
  /** How they came to be. */
  readonly by: 'environment' | 'compose' | 'native';
  /** The processes that were started natively. */
  readonly servers: readonly LocalServer[];
  /** Stops what was started, and nothing else. */
  stop(): Promise<void>;
}

export interface LocalServicesOptions {
  /** Where native servers keep their data. */
  readonly folder: string;
  readonly ports?: { readonly kafka: number; readonly redis: number };
  readonly outlives?: boolean;
  /** True skips Docker Compose: tests need servers that they can kill. */
  readonly native?: boolean;
}

/**
 * Kafka and Redis from KAFKA_BROKERS and REDIS_URL when both are given, else by Docker Compose when
 * an engine answers, else natively.
 * @throws Error that names what would help, when none of these can be had
 */
export async function startServices(
  options: LocalServicesOptions,
  say: Say,
): Promise<LocalServices> {
  const { KAFKA_BROKERS: brokers, REDIS_URL: redisUrl } = process.env;
  if (brokers && redisUrl) {
    const given = { brokers: brokers.split(','), redisUrl, by: 'environment' as const };
    return { ...given, servers: [], stop: async () => {} };
  }
  if (options.native !== true && (await dockerAnswers())) {
    return { ...(await composeUp(say)), by: 'compose', servers: [], stop: composeDown };
  }
  try {
    return await startNative(options, say);
  } catch (error) {
    throw new Error(
      `no Kafka and Redis can be had: ${(error as Error).message}\n` +
        'Any one of these helps:\n' +
        '  - KAFKA_BROKERS and REDIS_URL that name a running Kafka and Redis\n' +
        '  - a running Docker engine with Compose\n' +
        '  - Java 17 and Maven, and redis-server or apt-get to install it',
    );
  }
}

async function startNative(options: LocalServicesOptions, say: Say): Promise<LocalServices> {
  const { folder, outlives = false } = options;
  const ports = options.ports ?? { kafka: await freePort(), redis: await freePort() };
  const folders = { kafka: join(folder, 'kafka'), redis: join(folder, 'redis') };
  await Promise.all(Object.values(folders).map((each) => mkdir(each, { recursive: true })));
  const started = await Promise.allSettled([
    startKafka({ folder: folders.kafka, port: ports.kafka, outlives }, say),
    startRedis({ folder: folders.redis, port: ports.redis, outlives }, say),
  ]);
  const servers = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const [kafka, redis] = started;
  if (kafka.status === 'rejected' || redis.status === 'rejected') {
    await stop();
    throw kafka.status === 'rejected' ? kafka.reason : (redis as PromiseRejectedResult).reason;
  }
  const { address: redisUrl } = redis.value;
  return { brokers: [kafka.value.address], redisUrl, by: 'native', servers, stop };
}
