import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Generous, so that tests can send messages larger than ingest accepts. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** A node of a cluster; each is both broker and controller. */
export interface KafkaNode {
  readonly id: number;
  /** The same for all of them: 16 bytes in base64url. */
  readonly clusterId: string;
  /** Ports of the controllers, that of node 1 first. */
  readonly controllers: readonly number[];
}

/**
 * Prepares a broker's folder. Its data keeps its identity, so that a broker can resume it on other
 * ports.
 * @returns the broker's configuration file
 */
export async function prepareKafkaFolder(
  folder: string,
  port: number,
  node: KafkaNode,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const data = join(folder, 'data');
  const file = join(folder, 'server.properties');
  await mkdir(data, { recursive: true });
  const identity = join(data, 'meta.properties');
  if (!existsSync(identity)) await writeFile(identity, identityProperties(node));
  const own = Object.entries(more).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(file, serverProperties(data, port, node) + own.join(''));
  return file;
}

/**
 * What `kafka-storage format` writes, without waiting a second for a JVM. The feature versions,
 * which it would write too, then default to the newest that the broker supports.
 */
function identityProperties({ id, clusterId }: KafkaNode): string {
  const directory = randomId();
  return `version=1\ncluster.id=${clusterId}\nnode.id=${id}\ndirectory.id=${directory}\n`;
}

/** The cluster ID of a broker's data. */
export async function readClusterId(folder: string): Promise<string | undefined> {
  const identity = await readFile(join(folder, 'data/meta.properties'), 'utf8');
  return /^cluster\.id=(.*)$/m.exec(identity)?.[1];
}

export function randomId(): string {
  return randomBytes(16).toString('base64url');
}

/*
 * The session is short, because a killed broker can rejoin only when its session has expired. In a
 * cluster, each broker holds everything, and one of them may be down. An idle controller would write
 * an empty record every half second, and every broker read it: a third of an idle broker's CPU time
 * (https://kafka.apache.org/documentation/#brokerconfigs_metadata.max.idle.interval.ms).
 */
function serverProperties(data: string, port: number, { id, controllers }: KafkaNode): string {
  const voters = controllers.map((each, index) => `${index + 1}@127.0.0.1:${each}`).join();
  const replicas = controllers.length;
  const inSync = Math.max(replicas - 1, 1);
  return `process.roles=broker,controller
node.id=${id}
controller.quorum.voters=${voters}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllers[id - 1]}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
metadata.max.idle.interval.ms=0
inter.broker.listener.name=PLAINTEXT
log.dirs=${data}
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
num.network.threads=2
num.io.threads=2
num.partitions=4
default.replication.factor=${replicas}
min.insync.replicas=${inSync}
message.max.bytes=${MAX_MESSAGE_BYTES}
replica.fetch.max.bytes=${MAX_MESSAGE_BYTES}
offsets.topic.replication.factor=${replicas}
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=${replicas}
transaction.state.log.min.isr=${inSync}
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=${replicas}
share.coordinator.state.topic.min.isr=${inSync}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.segment.bytes=67108864
log.cleaner.dedupe.buffer.size=2097152
`;
}
