import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ComposeProject, composeDown, composeUp, dockerAnswers } from './compose.ts';
import { startKafka } from './kafka.ts';
import { freePort } from './ports.ts';
import { startRedis } from './redis.ts';
import { allOrNone, type LocalServer, type Say } from './server.ts';

/** A Kafka and a Redis to work with. */
export interface LocalServices {
  readonly brokers: string[];
  readonly redisUrl: string;
  /** How they came to be; `environment` when neither had to be started. */
  readonly by: 'environment' | 'compose' | 'native';
  /** The processes that were started natively: Kafka, then Redis. */
  readonly servers: readonly LocalServer[];
  /** Stops what was started, and nothing else. */
  stop(): Promise<void>;
}

export interface LocalServicesOptions {
  /** Where native servers keep their data. */
  readonly folder: string;
  /** Free ones when left out. */
  readonly ports?: { readonly kafka: number; readonly redis: number };
  /** True lets native servers run on when we end. */
  readonly outlives?: boolean;
  /** True skips Docker Compose: tests need servers that they can kill. */
  readonly native?: boolean;
  /** Name of the Compose project, which then keeps its data; when left out, one of our own. */
  readonly project?: string;
}

const HELP = `Any one of these helps:
  - KAFKA_BROKERS and REDIS_URL that name a running Kafka and Redis
  - a running Docker engine with Compose
  - Java 17 and Maven, and redis-server or apt-get to install it`;

/**
 * Kafka and Redis as KAFKA_BROKERS and REDIS_URL name them; whichever is not named is started, by
 * Docker Compose when an engine answers, else natively.
 * @throws Error that names what would help, when they cannot be had
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
  if (await composed({ name, services: missing, ports }, options, say)) {
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

/** Whether Docker Compose started them; where it cannot, the native way is left. */
async function composed(
  project: ComposeProject,
  { native = false }: LocalServicesOptions,
  say: Say,
): Promise<boolean> {
  if (native || !(await dockerAnswers())) return false;
  try {
    await composeUp(project, say);
    return true;
  } catch (error) {
    say((error as Error).message);
    return false;
  }
}

/** Starts the servers natively, at the same time; when one does not start, none is left. */
function startNative(
  services: readonly ('kafka' | 'redis')[],
  { folder, ports, outlives = false }: LocalServicesOptions & Pick<ComposeProject, 'ports'>,
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
