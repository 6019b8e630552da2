import { join } from 'node:path';
import { createKafka } from '#kafka/client.ts';
import { type Child, endChild, startChild, waitUntilReady } from './child.ts';
import { classArchive } from './class-archive.ts';
import { type KafkaNode, prepareKafkaFolder, randomId } from './kafka-folder.ts';
import { kafkaJars } from './kafka-jars.ts';
import { accepts, freePort } from './ports.ts';
import type { LocalServer, LocalServerOptions, Say } from './server.ts';

/** Small and quick to start rather than fast: the first compiler only, one collector, little heap. */
const JVM = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:ActiveProcessorCount=2',
  '-XX:-UsePerfData',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

/** What hangs, rather than what is slow: a busy machine takes ten times as long as a quiet one. */
const START_MS = 240_000;
const STOP_MS = 20_000;

export interface LocalKafkaOptions extends LocalServerOptions {
  /** Its place in a cluster; when left out, it is one of its own. */
  readonly node?: KafkaNode;
  /** The most memory for its objects, in MiB. */
  readonly heapMb?: number;
  /** More of its configuration. */
  readonly properties?: Readonly<Record<string, string>>;
}

/**
 * Runs one Kafka broker, natively, in KRaft mode; a folder that has data is taken up again.
 * @throws Error that holds the end of its log, when it does not start
 */
export async function startKafka(options: LocalKafkaOptions, say: Say): Promise<LocalServer> {
  const { folder, port, outlives = false, heapMb = 512 } = options;
  const jars = await kafkaJars(say);
  const alone = async () => ({ id: 1, clusterId: randomId(), controllers: [await freePort()] });
  const node = options.node ?? (await alone());
  const file = await prepareKafkaFolder(folder, port, node, options.properties);
  const logFile = join(folder, 'kafka.log');
  let archive = classArchive(jars);
  let child: Child;
  const start = async (): Promise<void> => {
    archive = classArchive(jars);
    // A broker that outlives this process has no one to keep the archive that it writes.
    const flags = outlives && !archive.exists ? [] : archive.flags;
    const args = [...jvmArguments({ folder, heapMb }), ...flags, '-cp', join(jars, '*')];
    args.push('kafka.Kafka', file);
    child = startChild('java', args, { cwd: folder, logFile, outlives });
    const ready = async () => (await accepts(port)) && (await answers(port));
    await waitUntilReady(child, 'Kafka', { ready, withinMs: START_MS, logFile });
  };
  await start();
  return {
    address: `127.0.0.1:${port}`,
    pid: () => child.pid,
    start,
    async stop() {
      await endChild(child, STOP_MS);
      await archive.keep();
    },
    async kill() {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}

/** The native parts of its codecs, which a killed broker leaves behind, stay in its folder. */
function jvmArguments({ folder, heapMb }: { folder: string; heapMb: number }): string[] {
  return ['-Xms128m', `-Xmx${heapMb}m`, ...JVM, `-Djava.io.tmpdir=${folder}`];
}

/** True when it answers a client; it accepts connections some moments before. */
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
