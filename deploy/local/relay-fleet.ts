import { plural } from '#core/text/format.ts';
import { createKafka } from '#kafka/client.ts';
import { ensureTopics } from '#kafka/topics.ts';
import { TOKENS, writeConfiguration } from './configuration.ts';
import { type RelayProcess, startRelay } from './relay-process.ts';
import type { Say } from './server.ts';
import { type LocalServices, startServices } from './services.ts';

/** The sandbox, one ingest, some workers and one control, running, and their configuration file. */
export type RelayFleet = Awaited<ReturnType<typeof startRelayFleet>>;

interface RelayFleetOptions {
  readonly folder: string;
  readonly topic: string;
  readonly workers: number;
  /** The ports they listen on; workers on one machine use free ports. */
  readonly ports: {
    readonly sandbox: number;
    readonly ingest: number;
    readonly control: number;
  };
  /** True: everything outlives this process. */
  readonly outlives?: boolean;
}

const PARTITIONS = 6;

/** Starts the sandbox, ingest, workers and control; when one fails, stops the others. */
export async function startRelayFleet(
  services: Pick<LocalServices, 'brokers' | 'redisUrl'>,
  options: RelayFleetOptions,
) {
  const started: RelayProcess[] = [];
  const stop = async (): Promise<void> => {
    // In reverse order of the start: each stops before the processes that it depends on.
    for (const each of started.splice(0).reverse()) await each.stop();
  };
  const launch = async (entry: string, name: string, args: readonly string[]) => {
    const { folder, outlives = false } = options;
    const launched = await startRelay(entry, { name, folder, args, outlives });
    started.push(launched);
    return launched;
  };
  try {
    return { ...(await start(services, options, launch)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  { brokers, redisUrl }: Pick<LocalServices, 'brokers' | 'redisUrl'>,
  { folder, topic, workers, ports }: RelayFleetOptions,
  launch: (entry: string, name: string, args: readonly string[]) => Promise<RelayProcess>,
) {
  const behaviour = ['--pixels', TOKENS, '--behaviour', '*=delay,ms:20-60'];
  const port = ['--port', String(ports.sandbox)];
  const sandbox = await launch('sandbox/main.ts', 'sandbox', [...port, ...behaviour]);
  const configuration = await writeConfiguration(folder, {
    brokers,
    redisUrl,
    graphApiUrl: sandbox.url,
    topic,
    ports: { ingest: ports.ingest, worker: 0, control: ports.control },
  });
  const kafka = createKafka({ brokers, clientId: 'local', ssl: false, sasl: null });
  await ensureTopics(kafka, [topic], PARTITIONS);
  const args = ['--config', configuration];
  const names = Array.from({ length: workers }, (_, index) => `worker-${index + 1}`);
  const [ingest, control, ...rest] = await Promise.all([
    launch('ingest/main.ts', 'ingest', args),
    launch('control/main.ts', 'control', args),
    ...names.map((name) => launch('worker/main.ts', name, args)),
  ]);
  return { configuration, sandbox, ingest, workers: rest, control };
}

/** A fleet with its own Kafka and Redis, or those of the environment. */
export interface LocalFleet {
  readonly fleet: RelayFleet;
  readonly redisUrl: string;
  /** Of the keys in Redis. */
  readonly prefix: string;
  readonly folder: string;
}

/** Starts Kafka, Redis and a fleet, works with them, and stops them whatever happens. */
export async function withRelayFleet<T>(
  { folder, workers }: Pick<RelayFleetOptions, 'folder' | 'workers'>,
  say: Say,
  work: (local: LocalFleet) => Promise<T>,
): Promise<T> {
  say('Starting Kafka and Redis …');
  const services = await startServices({ folder }, say);
  const { brokers, redisUrl, by } = services;
  let fleet: RelayFleet | null = null;
  try {
    say(`Kafka at ${brokers.join()}, Redis at ${redisUrl} (${by})`);
    say(`Starting the sandbox, ingest, ${plural(workers, 'worker')} and control …`);
    const topic = `demo-${Date.now().toString(36)}`;
    const ports = { sandbox: 0, ingest: 0, control: 0 };
    fleet = await startRelayFleet(services, { folder, topic, workers, ports });
    return await work({ fleet, redisUrl, prefix: `{${topic}}`, folder });
  } finally {
    await fleet?.stop();
    await services.stop();
  }
}
