import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { composeDown, composeUp } from './compose.ts';
import { startKafka } from './kafka.ts';
import { freePort } from './ports.ts';
import { startRedis } from './redis.ts';
import { allOrNone, type LocalServer, type Say } from './server.ts';

/** Addresses of Kafka and Redis, and how to stop them. */
export interface LocalServices {
  readonly brokers: string[];
  readonly redisUrl: string;
  /** How they were started; `environment`: neither had to be. */
  readonly by: 'environment' | 'compose' | 'native';
  /** The servers that were started natively: Kafka, then Redis. */
  readonly servers: readonly LocalServer[];
  /** Stops only what was started. */
  stop(): Promise<void>;
}

interface LocalServicesOptions {
  /** Where native servers keep their data. */
  readonly folder: string;
  /** By default, free ports. */
  readonly ports?: { readonly kafka: number; readonly redis: number };
  /** True: native servers outlive this process. */
  readonly outlives?: boolean;
  /** True: skips Docker Compose, because tests need servers that they can kill. */
  readonly native?: boolean;
  /** The Compose project, which keeps its data; by default a temporary one. */
  readonly project?: string;
}

const HELP = `Any of these helps:
  - KAFKA_BROKERS and REDIS_URL that name a running Kafka and Redis
  - a running Docker engine with Compose
  - Java 17 and Maven, and redis-server or apt-get to install it`;

/**
 * Uses the Kafka and Redis of KAFKA_BROKERS and REDIS_URL. Starts those that are not set, with
 * Docker Compose if an engine answers, otherwise natively.
 * @throws Error that lists what would help, when they cannot be started
 */
export async function startServices(
  options: LocalServicesOptions,
  say: Say,
): Promise<LocalServices> {
  const { KAFKA_BROKERS, REDIS_URL } = process.env;
  const missing = [
    ...(KAFKA_BROKERS ? [] : ['kafka' as const]),
    ...(REDIS_URL ? [] : ['redis' as const]),
  ];
  const ports = options.ports ?? { kafka: await freePort(), redis: await freePort() };
  const addresses = {
    brokers: (KAFKA_BROKERS || `127.0.0.1:${ports.kafka}`).split(','),
    redisUrl: REDIS_URL || `redis://127.0.0.1:${ports.redis}`,
  };
  if (missing.length === 0) {
    return { ...addresses, by: 'environment', servers: [], stop: async () => {} };
  }
  const name = options.project ?? `capi-relay-${randomBytes(4).toString('hex')}`;
  if (!options.native && (await composeUp({ name, services: missing, ports }, say))) {
    const stop = () => composeDown(name, options.project === undefined ? 'drop data' : 'keep data');
    return { ...addresses, by: 'compose', servers: [], stop };
  }
  try {
    const servers = await startNative(missing, { ...options, ports }, say);
    const stop = async (): Promise<void> => {
      await Promise.all(servers.map((server) => server.stop()));
    };
    return { ...addresses, by: 'native', servers, stop };
  } catch (error) {
    throw new Error(`no Kafka and Redis can be had: ${(error as Error).message}\n${HELP}`);
  }
}

/** Starts the servers natively and concurrently; when one fails, none is left. */
function startNative(
  services: readonly ('kafka' | 'redis')[],
  {
    folder,
    ports,
    outlives = false,
  }: LocalServicesOptions & { ports: { kafka: number; redis: number } },
  say: Say,
): Promise<LocalServer[]> {
  const starting = services.map(async (service) => {
    const own = join(folder, service);
    await mkdir(own, { recursive: true });
    const start = service === 'kafka' ? startKafka : startRedis;
    return start({ folder: own, port: ports[service], outlives }, say);
  });
  return allOrNone(starting, (server) => server.stop());
}
