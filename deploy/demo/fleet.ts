import { createKafka } from '#kafka/client.ts';
import { ensureTopics } from '#kafka/topics.ts';
import { type RelayProcess, startRelay } from '#local/relay-process.ts';
import { type LocalServices, startServices } from '#local/services.ts';
import { PIXELS, topicOf, writeConfiguration } from './configuration.ts';

/** Everything that the demo runs. */
export interface DemoFleet {
  readonly configuration: string;
  readonly sandbox: RelayProcess;
  readonly ingest: RelayProcess;
  readonly workers: readonly RelayProcess[];
  readonly services: LocalServices;
  stop(): Promise<void>;
}

const WORKERS = 2;
const PARTITIONS = 6;

/** Starts Kafka, Redis, the sandbox, one ingest and two workers; nothing is left when it fails. */
export async function startFleet(folder: string, say: (line: string) => void): Promise<DemoFleet> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.reverse()) await end();
    stops.length = 0;
  };
  const keep = <T extends { stop(): Promise<void> }>(started: T): T => {
    stops.push(() => started.stop());
    return started;
  };
  try {
    say('Starting Kafka and Redis …');
    const services = keep(await startServices({ folder }, say));
    say(`Kafka at ${services.brokers.join()}, Redis at ${services.redisUrl} (${services.by})`);
    say('Starting the sandbox, ingest and two workers …');
    const tokens = PIXELS.map(({ pixelId, token }) => `${pixelId}:${token}`).join();
    const sandboxArgs = ['--port', '0', '--pixels', tokens, '--behaviour', '*=delay,ms:20-60'];
    const sandbox = keep(
      await startRelay('sandbox/main.ts', { name: 'sandbox', folder, args: sandboxArgs }),
    );
    const { brokers, redisUrl } = services;
    const run = Date.now().toString(36);
    const configuration = await writeConfiguration(folder, {
      brokers,
      redisUrl,
      graphApiUrl: sandbox.url,
      run,
    });
    const kafka = createKafka({ brokers, clientId: 'demo', ssl: false, sasl: null });
    await ensureTopics(kafka, [topicOf(run)], PARTITIONS);
    const args = ['--config', configuration];
    const [ingest, ...workers] = await Promise.all([
      startRelay('ingest/main.ts', { name: 'ingest', folder, args }).then(keep),
      ...Array.from({ length: WORKERS }, (_, index) =>
        startRelay('worker/main.ts', { name: `worker-${index + 1}`, folder, args }).then(keep),
      ),
    ]);
    return { configuration, sandbox, ingest, workers, services, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
