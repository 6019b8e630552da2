import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Generous, so that a test can have messages that are larger than ingest accepts. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** One of the nodes of a cluster, each of which is broker and controller. */
export interface KafkaNode {
  readonly id: number;
  /** The same for all of them: 16 bytes in base64url. */
  readonly clusterId: string;
  /** Ports of the controllers, that of node 1 first. */
  readonly controllers: readonly number[];
}

/**
 * Prepares a broker's folder: its data get an identity when they have none, so that what is there is
 * taken up again whatever the ports are this time.
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
 * What `kafka-storage format` writes, without the second that a JVM takes to write it. The features'
 * versions, which it would note as well, are then the newest that the broker knows.
 */
function identityProperties({ id, clusterId }: KafkaNode): string {
  const directory = randomId();
  return `version=1\ncluster.id=${clusterId}\nnode.id=${id}\ndirectory.id=${directory}\n`;
}

export function randomId(): string {
  return randomBytes(16).toString('base64url');
}

/*
 * A broker that was killed is let in again only when its session has ended, so that the session is
 * short. Of several, each holds everything, and one of them may be away.
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
inter.broker.listener.name=PLAINTEXT
log.dirs=${data}
broker.heartbeat.interval.ms=300
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
