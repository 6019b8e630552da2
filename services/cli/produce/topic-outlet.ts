import { ExpectedError } from '#config/errors.ts';
import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { type BatchProducer, type Compression, createBatchProducer } from '#kafka/producer.ts';
import { ensureTopics, listTopics } from '#kafka/topics.ts';
import type { Outlet } from './outlet.ts';
import type { Target } from './target.ts';

export interface TopicOutletOptions {
  readonly compression: Compression;
  /** Partitions of the topic, which is created if there is none; null to leave topics alone. */
  readonly partitions: number | null;
}

/** Time for a slow broker to create a topic, in ms; after that, Kafka counts as unreachable. */
const PATIENCE_MS = 15_000;
/** Brokers refuse requests of a mebibyte by default; they measure them compressed. */
const LARGE_BYTES = 700_000;

/**
 * A topic in Kafka.
 * @throws ExpectedError when the brokers or the topic cannot be had
 */
export async function openTopic(target: Target, options: TopicOutletOptions): Promise<Outlet> {
  let trouble = 'no answer';
  const kafka = createKafka(target.kafka, (_, message, facts) => {
    trouble = String(facts['cause'] ?? message).replace(/^.*error: /, '');
  });
  const brokers = target.kafka.brokers.join(', ');
  const opening = prepare(kafka, target.topic, options).catch((error: Error) => {
    if (error instanceof ExpectedError) throw error;
    throw new ExpectedError(`Kafka at ${brokers} refused: ${error.message}`);
  });
  const producer = await withPatience(
    opening,
    () =>
      new ExpectedError(
        `Kafka cannot be reached at ${brokers} (${trouble}): start it, or name other brokers ` +
          'in KAFKA_BROKERS or in kafka.brokers of the configuration',
      ),
  );
  const bulky = createBulkyProducer(kafka, target.topic, options.compression);
  return {
    async send(messages) {
      const large = messages.filter(({ value }) => value.length > LARGE_BYTES);
      const rest = large.length === 0 ? messages : messages.filter((each) => !large.includes(each));
      await producer.send(rest).catch(refused);
      if (large.length > 0) await (await bulky.get(producer)).send(large).catch(refused);
    },
    async close() {
      await Promise.all([producer.disconnect(), bulky.close()]);
    },
  };
}

async function prepare(
  kafka: KafkaClient,
  topic: string,
  { partitions, compression }: TopicOutletOptions,
): Promise<BatchProducer> {
  if (partitions !== null) await ensureTopics(kafka, [topic], partitions);
  else if (!(await listTopics(kafka)).includes(topic)) {
    throw new ExpectedError(
      `there is no topic ${topic}: --create-topic 6 creates it with 6 partitions`,
    );
  }
  return createBatchProducer(kafka, { topic, compression, onFailure: tellRetry });
}

/** A producer that compresses, for messages that brokers would not take otherwise. */
function createBulkyProducer(kafka: KafkaClient, topic: string, compression: Compression) {
  let own: BatchProducer | null = null;
  return {
    async get(usual: BatchProducer): Promise<BatchProducer> {
      if (compression !== 'none') return usual;
      own ??= await createBatchProducer(kafka, {
        topic,
        compression: 'gzip',
        onFailure: tellRetry,
      });
      return own;
    },
    close: async () => own?.disconnect(),
  };
}

/** Waits for so long, then throws what `giveUp` makes. */
async function withPatience<T>(work: Promise<T>, giveUp: () => Error): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(giveUp()), PATIENCE_MS);
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Some of them may come twice. */
function tellRetry(error: unknown): void {
  process.stderr.write(
    `Kafka did not take messages, sending them again: ${(error as Error).message}\n`,
  );
}

function refused(error: Error): never {
  throw new ExpectedError(`Kafka did not take the messages: ${error.message}`);
}
