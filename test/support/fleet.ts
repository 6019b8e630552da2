import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from '#config/load.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { createKafka } from '#kafka/client.ts';
import { type BatchProducer, createBatchProducer, type NewMessage } from '#kafka/producer.ts';
import { ensureTopics } from '#kafka/topics.ts';
import { type RelayProcess, type relayCommand, startRelay } from '#local/relay-process.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { sealerOf } from '#store/sealing.ts';
import { type Ledger, readLedgers } from '#store/status/ledger.ts';
import { createStore, type Store } from '#store/store.ts';
import { createExactProducer } from '#test/support/exact-producer.ts';
import { readAllFacts } from '#test/support/read-dead-letters.ts';

/** The pixels of a fleet, one for each source of `produce`. */
export const PIXELS = ['100000000000001', '100000000000002', '100000000000003'];
export const SOURCES = ['shop-eu', 'shop-us', 'shop-jp'];
export const TOKEN = 'fleet-token';

export const PARTITIONS = 4;

type Service = 'ingest' | 'worker' | 'control';

export interface FleetOptions {
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  /** The configuration's `redis` section in place of that URL, without the prefix. */
  readonly redis?: Readonly<Record<string, unknown>>;
  /** Where a service reaches Redis in another way than the rest, such as as another user. */
  readonly redisUrls?: Readonly<Partial<Record<Service, string>>>;
  readonly sandboxArgs?: readonly string[];
  /** False where nothing is delivered: Meta cannot be reached then. */
  readonly withSandbox?: boolean;
  /** How many pixels, each with a source of its own; without it, those of `PIXELS`. */
  readonly pixels?: number;
  /** Of its topic; some when left out. */
  readonly partitions?: number;
  /** How long a worker waits for an answer of the sandbox, in ms. */
  readonly graphTimeoutMs?: number;
  /** True where brokers die or topics are recreated: what fails is sent again, and may be in the topic twice. */
  readonly resends?: boolean;
  /** More of the configuration's `graphApi` section. */
  readonly graphApi?: Readonly<Record<string, unknown>>;
  /** More of the configuration's `kafka` section. */
  readonly kafka?: Readonly<Record<string, unknown>>;
  /** Sections that replace those of the configuration. */
  readonly sections?: Readonly<Record<string, unknown>>;
  /** How to run the processes; without it, from the sources of this checkout. */
  readonly runs?: typeof relayCommand;
}

/** Our processes on a topic, a consumer group and a Redis prefix that nothing else uses. */
export class Fleet {
  readonly topic: string;
  readonly prefix: string;
  /** The ids of its pixels, and the source of each. */
  readonly pixels: readonly string[];
  readonly sources: readonly string[];
  readonly configuration: string;
  readonly redis: Redis;
  readonly store: Store;
  readonly processes: RelayProcess[] = [];
  private started = 0;
  private readonly ownSandbox: RelayProcess | null;
  private readonly redisUrls: Readonly<Partial<Record<Service, string>>>;
  readonly folder: string;
  private readonly producer: BatchProducer;
  private readonly ways: Pick<FleetOptions, 'runs'>;

  private constructor(parts: {
    ways: Pick<FleetOptions, 'runs'>;
    folder: string;
    pixels: readonly string[];
    sources: readonly string[];
    topic: string;
    configuration: string;
    sandbox: RelayProcess | null;
    redis: Redis;
    redisUrls: Readonly<Partial<Record<Service, string>>>;
    producer: BatchProducer;
  }) {
    this.folder = parts.folder;
    this.pixels = parts.pixels;
    this.sources = parts.sources;
    this.topic = parts.topic;
    this.prefix = `{${parts.topic}}`;
    this.configuration = parts.configuration;
    this.ownSandbox = parts.sandbox;
    this.redis = parts.redis;
    this.store = createStore(this.redis, this.prefix);
    this.redisUrls = parts.redisUrls;
    this.producer = parts.producer;
    this.ways = parts.ways;
  }

  /** Starts the sandbox and prepares the rest; ingest and workers are started one by one. */
  static async prepare(options: FleetOptions): Promise<Fleet> {
    const { brokers, redisUrl, redisUrls = {}, sandboxArgs = [], sections = {} } = options;
    const ways = options.runs === undefined ? {} : { runs: options.runs };
    const { pixels, sources } = namesOf(options.pixels);
    const topic = `fleet-${randomBytes(6).toString('hex')}`;
    const folder = await mkdtemp(join(tmpdir(), 'capi-relay-fleet-'));
    const args = ['--port', '0', ...sandboxArgs];
    const sandbox =
      options.withSandbox === false
        ? null
        : await startRelay('sandbox/main.ts', { name: 'sandbox', folder, args, ...ways });
    const configuration = join(folder, 'capi-relay.json');
    const key = randomBytes(32).toString('base64');
    const file = {
      kafka: { brokers, groupId: topic, topics: [topic], ...options.kafka },
      redis: { ...(options.redis ?? { url: redisUrl }), prefix: `{${topic}}` },
      graphApi: {
        url: sandbox?.url ?? 'http://127.0.0.1:9',
        timeoutMs: options.graphTimeoutMs ?? 5000,
        ...options.graphApi,
      },
      sealing: { currentKey: 'fleet', keys: [{ id: 'fleet', key }] },
      // A stop that takes its time is no failure on a busy machine.
      ingest: { port: 0, stopTimeoutMs: 120_000 },
      worker: { port: 0, stopTimeoutMs: 120_000 },
      control: { port: 0, stopTimeoutMs: 120_000 },
      pixels: pixels.map((pixelId, index) => ({
        pixelId,
        accessToken: TOKEN,
        events: { where: { 'context.source': sources[index] } },
      })),
      ...sections,
    };
    await writeFile(configuration, JSON.stringify(file));
    const kafka = createKafka({ brokers, clientId: 'fleet', ssl: false, sasl: null });
    await ensureTopics(kafka, [topic], options.partitions ?? PARTITIONS);
    const producer = options.resends
      ? await createBatchProducer(kafka, { topic, compression: 'none' })
      : await createExactProducer(kafka, topic, options.partitions ?? PARTITIONS);
    const address =
      options.redis === undefined ? redisUrl : (await loadConfiguration(configuration, {})).redis;
    const redis = connectForCommands(address, () => {});
    const parts = { folder, pixels, sources, topic, configuration, sandbox, ways };
    return new Fleet({ ...parts, redis, redisUrls, producer });
  }

  get sandbox(): RelayProcess {
    if (this.ownSandbox === null) throw new Error('this fleet was prepared without a sandbox');
    return this.ownSandbox;
  }

  start(service: Service, own: NodeJS.ProcessEnv = {}): Promise<RelayProcess> {
    this.started += 1;
    const { folder } = this;
    const url = this.redisUrls[service];
    const env = { ...(url === undefined ? {} : { REDIS_URL: url }), ...own };
    const options = {
      name: `${service}-${this.started}`,
      folder,
      args: ['--config', this.configuration],
      env,
      ...this.ways,
    };
    return startRelay(`${service}/main.ts`, options).then((process) => {
      this.processes.push(process);
      return process;
    });
  }

  send(messages: readonly NewMessage[]): Promise<void> {
    return this.producer.send(
      messages.map(({ key, value, headers = {} }) => ({ key, value, headers })),
    );
  }

  ledgers(): Promise<Map<string, Ledger>> {
    return readLedgers(this.store);
  }

  /** The facts of every dead letter, newest first. */
  async *deadLetters(): AsyncGenerator<DeadLetterFacts> {
    const { sealing } = await loadConfiguration(this.configuration, {});
    yield* readAllFacts(this.store, sealerOf(sealing));
  }

  /** What the sandbox accepted: event id → how often. */
  async accepted(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const pixel of this.pixels) {
      const answer = await fetch(`${this.sandbox.url}/_sandbox/journal?pixel=${pixel}`);
      for (const line of (await answer.text()).split('\n').filter((each) => each !== '')) {
        const { event_id, count } = JSON.parse(line) as { event_id: string; count: number };
        counts.set(event_id, (counts.get(event_id) ?? 0) + count);
      }
    }
    return counts;
  }

  /** Tells the sandbox something through its control API. */
  async tell(path: string, body: unknown): Promise<void> {
    const answer = await fetch(`${this.sandbox.url}/_sandbox/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`the sandbox refuses: ${await answer.text()}`);
  }

  /** Lets the sandbox forget what it accepted, and behave well; tokens stay. For the next test. */
  async refresh(): Promise<void> {
    await fetch(`${this.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
    await fetch(`${this.sandbox.url}/_sandbox/reset`, { method: 'POST' });
  }

  /** Ends the behaviours of a kind in the sandbox. */
  async untell(kind: string): Promise<void> {
    await fetch(`${this.sandbox.url}/_sandbox/behaviour?kind=${kind}`, { method: 'DELETE' });
  }

  /** Removes all that the fleet has in Redis; none of its processes may run. */
  async clear(): Promise<void> {
    const keys = await this.redis.keys(`${this.prefix}*`);
    if (keys.length > 0) await this.redis.del(...keys);
  }

  /** Ends every process in order; resolves to their exit codes. */
  async stop(): Promise<(number | string)[]> {
    await this.producer.disconnect();
    await Promise.all(this.processes.map((process) => process.stop()));
    await this.ownSandbox?.stop();
    await this.redis.quit();
    await rm(this.folder, { recursive: true, force: true });
    return Promise.all(this.processes.map(({ exited }) => exited));
  }
}

function namesOf(count: number | undefined): { pixels: string[]; sources: string[] } {
  if (count === undefined) return { pixels: PIXELS, sources: SOURCES };
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return {
    pixels: numbers.map((n) => String(200_000_000_000_000 + n)),
    sources: numbers.map((n) => `shop-${n}`),
  };
}
