import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startKafka } from '#local/kafka.ts';
import { randomId } from '#local/kafka-folder.ts';
import { freePort } from '#local/ports.ts';
import { allOrNone, type LocalServer, type Say } from '#local/server.ts';

/** Brokers that replicate everything, so that any one of them may be killed. */
export interface KafkaCluster {
  readonly brokers: readonly string[];
  /** By Kafka's node ID. */
  readonly nodes: ReadonlyMap<number, LocalServer>;
  /** Kills those that still run. */
  close(): Promise<void>;
}

const NODES = 3;
/** Small, because one machine runs several brokers. */
const HEAP_MB = 256;

/**
 * Starts three Kafka brokers. Topics have three replicas, at least two of them in sync.
 * @throws Error with the end of its log, when one does not start
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
  // Concurrently, because none answers before a majority has found each other.
  const starting = ids.map(async (id, index) => {
    const own = join(folder, `kafka-${id}`);
    await mkdir(own);
    const node = { id, clusterId, controllers };
    return startKafka({ folder: own, port: ports[index] as number, node, heapMb: HEAP_MB }, say);
  });
  const servers = await allOrNone(starting, (server) => server.kill());
  return {
    brokers: servers.map(({ address }) => address),
    nodes: new Map(servers.map((server, index) => [index + 1, server])),
    async close() {
      await Promise.all(servers.map((server) => server.kill()));
    },
  };
}
