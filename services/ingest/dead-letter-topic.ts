import { setTimeout as wait } from 'node:timers/promises';
import type { Configuration } from '#config/configuration.ts';
import { createKafka } from '#kafka/client.ts';
import { type SendFault, sendFault } from '#kafka/fault.ts';
import { type BatchProducer, createBatchProducer } from '#kafka/producer.ts';
import type { Logger } from '#process/logger.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { ownerName } from '#store/dead-letters/lock.ts';
import {
  countUnpublished,
  type Publication,
  publishUntold,
  shortened,
} from '#store/dead-letters/publish.ts';
import { sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import type { IngestMetrics } from './metrics.ts';

/** Publishes dead letters for as long as the process runs. */
export interface DeadLetterTopic {
  collect(): Promise<void>;
  stop(): Promise<void>;
}

const LOOK_MS = 1000;
/** After each step: the one thread is at publishing for less than a quarter of its time. */
const PAUSE_MS = 100;
/** Longer than this a stop does not wait for brokers: what they did not acknowledge comes again. */
const STOP_MS = 5000;

const FIXES: Readonly<Record<SendFault, string>> = {
  no_topic: 'create the topic, or correct deadLetters.topic',
  not_allowed: 'allow the user of kafka.sasl to write to the topic',
  too_large: 'raise max.message.bytes of the topic: not even facts without their event fit into it',
  other: 'see the error, and what capi-relay check says',
};

/** Null where the configuration names no topic. */
export function publishDeadLetters(
  configuration: Configuration,
  deps: { readonly metrics: IngestMetrics; readonly logger: Logger },
): DeadLetterTopic | null {
  const { topic } = configuration.deadLetters;
  return topic === null ? null : new Publisher(topic, configuration, deps);
}

/** One process at a time does; what it cannot bring to the topic stays in Redis until it can. */
class Publisher implements DeadLetterTopic {
  private readonly topic: string;
  private readonly configuration: Configuration;
  private readonly metrics: IngestMetrics;
  private readonly logger: Logger;
  /** A connection of its own: large answers must not stand before those that ingest waits for. */
  private readonly redis: Redis;
  private readonly stopping = new AbortController();
  private readonly owner = ownerName('ingest');
  private round = new AbortController();
  private producer: BatchProducer | null = null;
  private fault: SendFault | null = null;
  private readonly running: Promise<void>;

  constructor(
    topic: string,
    configuration: Configuration,
    { metrics, logger }: { readonly metrics: IngestMetrics; readonly logger: Logger },
  ) {
    this.topic = topic;
    this.configuration = configuration;
    this.metrics = metrics;
    this.logger = logger;
    this.redis = connectForCommands(configuration.redis.url, (event) => {
      if (event === 'redis_ready') this.round.abort();
    });
    this.running = this.run();
  }

  async collect(): Promise<void> {
    const { prefix } = this.configuration.redis;
    this.metrics.deadLettersUnpublished.set(
      await countUnpublished(createStore(this.redis, prefix), this.topic),
    );
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.round.abort();
    await Promise.race([this.running, wait(STOP_MS, null, { ref: false })]);
    this.redis.disconnect();
    await this.producer?.disconnect();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.round = new AbortController();
      await this.look().catch((error: unknown) => this.failed(error));
      await wait(LOOK_MS, null, { signal }).catch(() => {});
    }
  }

  private async look(): Promise<void> {
    const { redis, sealing } = this.configuration;
    await publishUntold({
      store: createStore(this.redis, redis.prefix),
      sealer: sealerOf(sealing),
      topic: this.topic,
      owner: this.owner,
      send: (publications) => this.send(publications),
      signal: this.round.signal,
      onUnreadable: (page) =>
        this.logger.warn(page, 'a page of dead letters cannot be read: the topic lacks it'),
      pause: () => wait(PAUSE_MS),
    });
  }

  private async send(publications: readonly Publication[]): Promise<void> {
    let leftOut = publications.filter((each) => each.leftOut).length;
    this.producer ??= await this.connect();
    await this.producer.send(publications, (publication) => {
      leftOut += 1;
      return shortened(publication);
    });
    this.metrics.deadLettersPublished.inc({ event: 'left_out' }, leftOut);
    this.metrics.deadLettersPublished.inc({ event: 'sealed' }, publications.length - leftOut);
    if (this.fault !== null) {
      this.logger.info({ topic: this.topic }, 'dead letters are published again');
    }
    this.fault = null;
  }

  /** A client of its own: its complaints must not count as signs of life of the consumer. */
  private connect(): Promise<BatchProducer> {
    const { kafka } = this.configuration;
    const client = createKafka({ ...kafka, retries: 2 }, (_, message, facts) =>
      this.logger.debug(facts, message),
    );
    return createBatchProducer(client, {
      topic: this.topic,
      compression: 'gzip',
      retries: 2,
      onFailure: (error) => this.failed(error),
    });
  }

  private failed(error: unknown): void {
    if (this.stopping.signal.aborted) return;
    const fault = sendFault(error);
    this.metrics.deadLetterPublishFailures.inc({ reason: fault });
    if (this.fault === fault) return;
    this.fault = fault;
    this.logger.warn(
      { error, topic: this.topic, reason: fault, fix: FIXES[fault] },
      'dead letters cannot be published now: they stay in Redis until they can',
    );
  }
}
