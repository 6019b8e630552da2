import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startKafka } from './kafka.ts';
import { randomId } from './kafka-folder.ts';
import { freePort } from './ports.ts';
import type { LocalServer, Say } from './server.ts';

/** Brokers that hold everything between them, so that any one of them may be killed. */
export interface KafkaCluster {
  readonly brokers: readonly string[];
  /** By the id that Kafka knows them by. */
  readonly nodes: ReadonlyMap<number, LocalServer>;
  /** Kills what still runs. */
  close(): Promise<void>;
}

const NODES = 3;
/** Small: there are several of them on one machine. */
const HEAP_MB = 256;

/**
 * Starts three Kafka brokers whose topics have three replicas each, two of which have to be in sync.
 * @throws Error that holds the end of a log, when one does not start
 */
export async function startKafkaCluster(folder: string, say: Say): Promise<KafkaCluster> {
  const clusterId = randomId();
  const ids = Array.from({ length: NODES }, (_, index) => index + 1);
  const controllers: number[] = [];
  const ports: number[] = [];
  for (const _ of ids) {
    controllers.push(await freePort());
    ports.push(await freePort());
  }
  // At the same time: none of them answers before most of them have found each other.
  const started = await Promise.allSettled(
    ids.map(async (id, index) => {
      const own = join(folder, `kafka-${id}`);
      await mkdir(own);
      const node = { id, clusterId, controllers };
      return startKafka({ folder: own, port: ports[index] as number, node, heapMb: HEAP_MB }, say);
    }),
  );
  const servers = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.kill()));
  };
  const failure = started.find((each) => each.status === 'rejected');
  if (failure !== undefined) {
    await close();
    throw failure.reason;
  }
  const nodes = new Map(servers.map((server, index) => [index + 1, server]));
  return { brokers: servers.map(({ address }) => address), nodes, close };
}
