import { createKafka } from '#kafka/client.ts';
import { ensureTopics } from '#kafka/topics.ts';
import { TOKENS, writeConfiguration } from './configuration.ts';
import { type RelayProcess, startRelay } from './relay-process.ts';
import { type LocalServices, startServices } from './services.ts';

/** Kafka, Redis, the sandbox, one ingest and some workers, running. */
export interface RelayFleet {
  /** The configuration file they run with. */
  readonly configuration: string;
  readonly services: LocalServices;
  readonly sandbox: RelayProcess;
  readonly ingest: RelayProcess;
  readonly workers: readonly RelayProcess[];
  stop(): Promise<void>;
}

export interface RelayFleetOptions {
  readonly folder: string;
  readonly topic: string;
  readonly workers: number;
  /** Where each listens; free ports when left out. */
  readonly ports?: {
    readonly kafka: number;
    readonly redis: number;
    readonly sandbox: number;
    readonly ingest: number;
    readonly worker: number;
  };
  /** True lets everything run on when we end. */
  readonly outlives?: boolean;
}

const PARTITIONS = 6;

/** Starts everything; what had been started is stopped again when something fails. */
export async function startRelayFleet(
  options: RelayFleetOptions,
  say: (line: string) => void,
): Promise<RelayFleet> {
  const started: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (const each of started.reverse()) await each.stop();
    started.length = 0;
  };
  try {
    return { ...(await start(options, say, (each) => started.push(each))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: RelayFleetOptions,
  say: (line: string) => void,
  keep: (started: { stop(): Promise<void> }) => void,
): Promise<Omit<RelayFleet, 'stop'>> {
  const { folder, topic, ports, outlives = false } = options;
  const launch = async (entry: string, name: string, args: readonly string[]) => {
    const launched = await startRelay(entry, { name, folder, args, outlives });
    keep(launched);
    return launched;
  };
  say('Starting Kafka and Redis …');
  const services = await startServices({ folder, outlives, ...(ports && { ports }) }, say);
  keep(services);
  const { brokers, redisUrl } = services;
  say(`Kafka at ${brokers.join()}, Redis at ${redisUrl} (${services.by})`);
  say(`Starting the sandbox, ingest and ${options.workers} workers …`);
  const behaviour = ['--pixels', TOKENS, '--behaviour', '*=delay,ms:20-60'];
  const sandboxArgs = ['--port', String(ports?.sandbox ?? 0), ...behaviour];
  const sandbox = await launch('sandbox/main.ts', 'sandbox', sandboxArgs);
  const configuration = await writeConfiguration(folder, {
    brokers,
    redisUrl,
    graphApiUrl: sandbox.url,
    topic,
    ports: { ingest: ports?.ingest ?? 0, worker: ports?.worker ?? 0 },
  });
  await ensureTopics(
    createKafka({ brokers, clientId: 'local', ssl: false, sasl: null }),
    [topic],
    PARTITIONS,
  );
  const args = ['--config', configuration];
  const [ingest, ...workers] = await Promise.all([
    launch('ingest/main.ts', 'ingest', args),
    ...Array.from({ length: options.workers }, (_, index) =>
      launch('worker/main.ts', `worker-${index + 1}`, args),
    ),
  ]);
  return { configuration, services, sandbox, ingest, workers };
}
