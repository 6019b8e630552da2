import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createKafka } from '#kafka/client.ts';
import { startChild } from './child.ts';
import { type KafkaNode, prepareKafkaFolder, randomId, readClusterId } from './kafka-folder.ts';
import { kafkaJars } from './kafka-jars.ts';
import { accepts, freePort } from './ports.ts';
import { type LocalServer, type LocalServerOptions, runServer, type Say } from './server.ts';

/** For a quick start and little memory rather than speed: C1 compiler only, serial collector. */
const JVM = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:ActiveProcessorCount=2',
  '-XX:-UsePerfData',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

const STOP_MS = 20_000;

interface LocalKafkaOptions extends LocalServerOptions {
  /** Its node in a cluster; by default a cluster of one. */
  readonly node?: KafkaNode;
  /** Maximum heap, in MiB. */
  readonly heapMb?: number;
  /** Additional configuration. */
  readonly properties?: Readonly<Record<string, string>>;
}

/**
 * Runs one Kafka broker natively in KRaft mode, on the data that its folder holds.
 * @throws Error with the end of its log, when it does not start
 */
export async function startKafka(options: LocalKafkaOptions, say: Say): Promise<LocalServer> {
  const { folder, port, outlives = false, heapMb = 512 } = options;
  const jars = await kafkaJars(say);
  const alone = async () => ({ id: 1, clusterId: randomId(), controllers: [await freePort()] });
  const node = options.node ?? (await alone());
  const file = await prepareKafkaFolder(folder, port, node, options.properties);
  const logFile = join(folder, 'kafka.log');
  let archive = classArchive(jars);
  const server = await runServer({
    name: 'Kafka',
    address: `127.0.0.1:${port}`,
    logFile,
    stopMs: STOP_MS,
    launch() {
      archive = classArchive(jars);
      // If the broker outlives this process, nothing keeps the archive that it would write.
      const flags = outlives && !archive.exists ? [] : [archive.flag];
      // The codecs' native libraries, which a killed broker leaves behind, stay in its folder.
      const jvm = ['-Xms128m', `-Xmx${heapMb}m`, ...JVM, `-Djava.io.tmpdir=${folder}`, ...flags];
      const args = [...jvm, '-cp', join(jars, '*'), 'kafka.Kafka', file];
      return startChild('java', args, { cwd: folder, logFile, outlives });
    },
    isReady: async () => (await accepts(port)) && (await answers(port, folder)),
  });
  return {
    ...server,
    async stop() {
      await server.stop();
      await archive.keep();
    },
  };
}

/**
 * Whether the broker of this folder answers a client; it accepts connections slightly earlier. A
 * broker of another cluster can have taken the port in the meantime.
 */
async function answers(port: number, folder: string): Promise<boolean> {
  const options = { brokers: [`127.0.0.1:${port}`], clientId: 'probe', ssl: false, sasl: null };
  const admin = createKafka(options).admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    await admin.listTopics();
    const { clusterId } = await admin.describeCluster();
    return (await readClusterId(folder)) === clusterId;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

/**
 * The archive of a JVM's loaded classes beside the jars, which halves the start time of the next JVM.
 * The first broker that exits in order writes it; a JVM of another version ignores it.
 */
function classArchive(jars: string) {
  const file = join(jars, 'broker.jsa');
  const fresh = `${file}-${randomUUID()}`;
  const exists = existsSync(file);
  return {
    exists,
    /** Makes the JVM read it, or write it where there is none. */
    flag: exists ? `-XX:SharedArchiveFile=${file}` : `-XX:ArchiveClassesAtExit=${fresh}`,
    /** To be called after the JVM has exited; only an orderly exit without an archive has written one. */
    keep: () => rename(fresh, file).catch(() => {}),
  };
}
