import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Generous, so that a test can have messages that are larger than ingest accepts. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/**
 * Prepares a broker's folder: its data get an identity when they have none, so that what is there is
 * taken up again whatever the ports are this time.
 * @returns the broker's configuration file
 */
export async function prepareKafkaFolder(
  folder: string,
  ports: { readonly broker: number; readonly controller: number },
): Promise<string> {
  const data = join(folder, 'data');
  const file = join(folder, 'server.properties');
  await mkdir(data, { recursive: true });
  const identity = join(data, 'meta.properties');
  if (!existsSync(identity)) await writeFile(identity, identityProperties());
  await writeFile(file, serverProperties(data, ports));
  return file;
}

/**
 * What `kafka-storage format` writes, without the second that a JVM takes to write it. The features'
 * versions, which it would note as well, are then the newest that the broker knows.
 */
function identityProperties(): string {
  const [cluster, directory] = [randomId(), randomId()];
  return `version=1\ncluster.id=${cluster}\nnode.id=1\ndirectory.id=${directory}\n`;
}

function randomId(): string {
  return randomBytes(16).toString('base64url');
}

/*
 * One node that is broker and controller. A broker that was killed is let in again only when its
 * session has ended, so that the session is short.
 */
function serverProperties(data: string, ports: { broker: number; controller: number }): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${ports.controller}
listeners=PLAINTEXT://127.0.0.1:${ports.broker},CONTROLLER://127.0.0.1:${ports.controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${ports.broker}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${data}
broker.heartbeat.interval.ms=300
broker.session.timeout.ms=3000
num.network.threads=2
num.io.threads=2
num.partitions=4
message.max.bytes=${MAX_MESSAGE_BYTES}
replica.fetch.max.bytes=${MAX_MESSAGE_BYTES}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.segment.bytes=67108864
log.cleaner.dedupe.buffer.size=2097152
`;
}
