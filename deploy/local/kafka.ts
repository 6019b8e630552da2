import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createKafka } from '#kafka/client.ts';
import { type Child, endChild, startChild, waitUntilReady } from './child.ts';
import { kafkaJars } from './kafka-jars.ts';
import { accepts, freePort } from './ports.ts';
import type { LocalServer, LocalServerOptions, Say } from './server.ts';

const run = promisify(execFile);

/** Small and quick to start rather than fast: the first compiler only, one collector, little heap. */
const JVM = [
  '-Xms128m',
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:ActiveProcessorCount=2',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

const START_MS = 60_000;
const STOP_MS = 20_000;

function properties(folder: string, port: number, controllerPort: number): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(folder, 'data')}
num.network.threads=2
num.io.threads=2
num.partitions=4
message.max.bytes=8388608
replica.fetch.max.bytes=8388608
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.segment.bytes=67108864
log.cleaner.dedupe.buffer.size=2097152
`;
}

/** Runs one Kafka broker, natively, in KRaft mode; a folder that has data is taken up again. */
export async function startKafka(options: LocalServerOptions, say: Say): Promise<LocalServer> {
  const { folder, port } = options;
  const classPath = join(await kafkaJars(say), '*');
  const file = join(folder, 'server.properties');
  const logFile = join(folder, 'kafka.log');
  if (!existsSync(file)) {
    await writeFile(file, properties(folder, port, await freePort()));
    const id = randomBytes(16).toString('base64url');
    const format = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', file];
    await run('java', [...JVM, '-cp', classPath, ...format]);
  }
  let child: Child;
  const start = async (): Promise<void> => {
    child = startChild('java', [...JVM, '-cp', classPath, 'kafka.Kafka', file], {
      cwd: folder,
      logFile,
      outlives: options.outlives === true,
    });
    const ready = async () => (await accepts(port)) && (await answers(port));
    await waitUntilReady(child, 'Kafka', { ready, withinMs: START_MS, logFile });
  };
  await start();
  return {
    address: `127.0.0.1:${port}`,
    pid: () => child.pid,
    start,
    stop: () => endChild(child, STOP_MS),
    async kill() {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const options = { brokers: [`127.0.0.1:${port}`], clientId: 'probe', ssl: false, sasl: null };
  const admin = createKafka(options).admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    await admin.listTopics();
    return true;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
