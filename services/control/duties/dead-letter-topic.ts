import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration } from '#config/configuration.ts';
import { createKafka } from '#kafka/client.ts';
import { type SendFault, sendFault } from '#kafka/fault.ts';
import { type BatchProducer, createBatchProducer } from '#kafka/producer.ts';
import type { Logger } from '#process/logger.ts';
import { type Publication, publishPending, shortened } from '#store/dead-letters/publish.ts';
import type { SealedStore } from '#store/store.ts';
import type { ControlMetrics } from '../metrics.ts';
import type { DutiesLease } from './lease.ts';

interface PublisherOptions {
  readonly configuration: Configuration;
  /** On a connection of its own: large answers must not stand before those that others wait for. */
  readonly store: SealedStore;
  /** The name under which this process does the duties. */
  readonly owner: string;
  readonly lease: Pick<DutiesLease, 'current'>;
  readonly metrics: ControlMetrics;
  readonly logger: Logger;
}

/** After each step: the one thread is at publishing for less than a quarter of its time. */
const PAUSE_MS = 100;

const FIXES: Readonly<Record<SendFault, string>> = {
  no_topic: 'create the topic, or correct deadLetters.topic',
  not_allowed: 'allow the user of kafka.sasl to write to the topic',
  too_large: 'raise max.message.bytes of the topic: not even facts without their event fit into it',
  other: 'see the error, and what capi-relay check says',
};

/** Publishes dead letters to their topic; what it cannot bring there stays in Redis until it can. */
export class DeadLetterPublisher {
  private readonly topic: string;
  private readonly options: PublisherOptions;
  private round = new AbortController();
  private producer: BatchProducer | null = null;
  private fault: SendFault | null = null;

  constructor(topic: string, options: PublisherOptions) {
    this.topic = topic;
    this.options = options;
    // Redis may have come back as it was some time ago: what was read of it is read again.
    options.store.redis.on('ready', () => this.round.abort());
  }

  /** Publishes what died since the last time. */
  async publish(term: AbortSignal): Promise<void> {
    const round = new AbortController();
    this.round = round;
    const { store, owner, logger } = this.options;
    try {
      await publishPending({
        store,
        topic: this.topic,
        owner,
        send: (publications) => this.send(publications, term),
        signal: AbortSignal.any([term, round.signal]),
        onUnreadable: (page) =>
          logger.warn(page, 'a page of dead letters cannot be read: the topic lacks it'),
        pause: () => sleep(PAUSE_MS),
      });
    } catch (error) {
      if (!term.aborted) this.failed(error);
    }
  }

  async close(): Promise<void> {
    await this.producer?.disconnect();
  }

  private async send(publications: readonly Publication[], term: AbortSignal): Promise<void> {
    const { lease, metrics, logger } = this.options;
    let leftOut = publications.filter((each) => each.truncated).length;
    this.producer ??= await this.connect();
    // A process that slept must not publish what its successor has published.
    if (lease.current() !== term) throw new Error('another process has the duties of the fleet');
    await this.producer.send(publications, (publication) => {
      leftOut += 1;
      return shortened(publication);
    });
    metrics.deadLettersPublished.inc({ event: 'left_out' }, leftOut);
    metrics.deadLettersPublished.inc({ event: 'sealed' }, publications.length - leftOut);
    if (this.fault !== null) {
      logger.info({ topic: this.topic }, 'dead letters are published again');
    }
    this.fault = null;
  }

  private connect(): Promise<BatchProducer> {
    const { configuration, logger } = this.options;
    const client = createKafka({ ...configuration.kafka, retries: 2 }, (_, message, facts) =>
      logger.debug(facts, message),
    );
    return createBatchProducer(client, {
      topic: this.topic,
      compression: 'gzip',
      retries: 2,
      onFailure: (error) => this.failed(error),
    });
  }

  private failed(error: unknown): void {
    const { metrics, logger } = this.options;
    const fault = sendFault(error);
    metrics.deadLetterPublishFailures.inc({ reason: fault });
    if (this.fault === fault) return;
    this.fault = fault;
    logger.warn(
      { error, topic: this.topic, reason: fault, fix: FIXES[fault] },
      'dead letters cannot be published now: they stay in Redis until they can',
    );
  }
}
