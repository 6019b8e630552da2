import type { Writable } from 'node:stream';
import pTimeout from 'p-timeout';
import { ExpectedError, UsageError } from '#config/errors.ts';
import { loadConfiguration } from '#config/load.ts';
import { ConfigurationError } from '#config/problems.ts';
import { createKafka, type KafkaClient, type KafkaOptions } from '#kafka/client.ts';
import type { Compression } from '#kafka/compressions.ts';
import { MissingCodec } from '#kafka/native-codecs.ts';
import { type BatchProducer, createBatchProducer } from '#kafka/producer.ts';
import { ensureTopics, listTopics } from '#kafka/topics.ts';
import { didYouMean } from '../known-names.ts';
import { print } from '../output/print.ts';
import type { ProduceOptions } from './flags.ts';
import type { Outgoing } from './source.ts';

/** Where messages are written. */
export interface Outlet {
  /** Resolves when the messages are stored. */
  send(messages: readonly Outgoing[]): Promise<void>;
  close(): Promise<void>;
}

/** A stream such as standard output: one message per line, unchanged. */
export function openPrinter(out: Writable): Outlet {
  const lineEnd = Buffer.from('\n');
  return {
    async send(messages) {
      await print(Buffer.concat(messages.flatMap(({ value }) => [value, lineEnd])), out);
    },
    close: async () => {},
  };
}

type TopicOptions = Pick<ProduceOptions, 'compression' | 'partitions'>;

/** Time for a slow broker to create a topic; after that, Kafka counts as unreachable. */
const TIMEOUT_MS = 15_000;
/** By default, brokers refuse requests of one mebibyte, measured compressed. */
const LARGE_BYTES = 700_000;

/**
 * A topic in Kafka.
 * @throws ExpectedError when the brokers or the topic cannot be reached
 */
export async function openTopic(target: Target, options: TopicOptions): Promise<Outlet> {
  let trouble = 'no answer';
  const kafka = createKafka(target.kafka, (_, message, facts) => {
    trouble = String(facts['cause'] ?? message).replace(/^.*error: /, '');
  });
  const brokers = target.kafka.brokers.join(', ');
  const opening = prepare(kafka, target.topic, options).catch((error: Error) => {
    if (error instanceof ExpectedError) throw error;
    if (error instanceof MissingCodec) throw new ExpectedError(error.message);
    throw new ExpectedError(`Kafka at ${brokers} refused: ${error.message}`);
  });
  const producer = await pTimeout(opening, {
    milliseconds: TIMEOUT_MS,
    fallback() {
      throw new ExpectedError(
        `Kafka cannot be reached at ${brokers} (${trouble}): start it, or set KAFKA_BROKERS ` +
          'or kafka.brokers of the configuration',
      );
    },
  });
  // One that compresses, for messages that brokers would otherwise refuse.
  let bulky = options.compression === 'none' ? null : producer;
  return {
    async send(messages) {
      const large = messages.filter(({ value }) => value.length > LARGE_BYTES);
      const rest = large.length === 0 ? messages : messages.filter((each) => !large.includes(each));
      await producer.send(rest).catch(refused);
      if (large.length === 0) return;
      bulky ??= await createProducer(kafka, target.topic, 'gzip');
      await bulky.send(large).catch(refused);
    },
    async close() {
      await Promise.all([...new Set([producer, bulky])].map((each) => each?.disconnect()));
    },
  };
}

async function prepare(
  kafka: KafkaClient,
  topic: string,
  { partitions, compression }: TopicOptions,
): Promise<BatchProducer> {
  if (partitions !== null) await ensureTopics(kafka, [topic], partitions);
  else await requireTopic(kafka, topic);
  return createProducer(kafka, topic, compression);
}

/** @throws ExpectedError with the topic that was probably meant */
async function requireTopic(kafka: KafkaClient, topic: string): Promise<void> {
  const known = await listTopics(kafka);
  if (known.includes(topic)) return;
  const fix = '--create-topic 6 creates it with 6 partitions';
  throw new ExpectedError(`topic ${topic} does not exist${didYouMean(topic, known)}: ${fix}`);
}

function createProducer(
  kafka: KafkaClient,
  topic: string,
  compression: Compression,
): Promise<BatchProducer> {
  const onFailure = (error: unknown): void => {
    // Some of them may come twice.
    const problem = `Kafka did not take messages, sending them again: ${(error as Error).message}`;
    process.stderr.write(`${problem}\n`);
  };
  return createBatchProducer(kafka, { topic, compression, onFailure });
}

function refused(error: Error): never {
  throw new ExpectedError(`Kafka did not accept the messages: ${error.message}`);
}

/** Where messages go. */
export interface Target {
  readonly kafka: KafkaOptions;
  readonly topic: string;
}

/** Without a configuration: the Kafka of this machine. */
const LOCAL_BROKER = '127.0.0.1:9092';
const USUAL_TOPIC = 'track-events';
const CLIENT_ID = 'capi-relay';

/**
 * The brokers and the topic of the configuration; without one, the brokers that `KAFKA_BROKERS`
 * names, or those of this machine.
 * @throws UsageError when the configuration is wrong
 */
export async function findTarget(
  { configFile, topic }: Pick<ProduceOptions, 'configFile' | 'topic'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Target> {
  if (configFile === undefined) {
    const brokers = (env['KAFKA_BROKERS'] || LOCAL_BROKER).split(',').map((each) => each.trim());
    const kafka = { brokers, clientId: CLIENT_ID, ssl: false, sasl: null };
    return { kafka, topic: topic ?? USUAL_TOPIC };
  }
  const { kafka } = await loadConfiguration(configFile, env).catch((error: unknown) => {
    throw error instanceof ConfigurationError ? new UsageError(error.message) : error;
  });
  return { kafka, topic: topic ?? kafka.topics[0] ?? USUAL_TOPIC };
}
