import type { Configuration } from '#config/configuration.ts';
import { ExpectedError, UsageError } from '#config/errors.ts';
import type { EventDecoder } from '#core/event/event-decoder.ts';
import { limitDecompression } from '#kafka/fetch/decompress.ts';
import type { LogEnds } from '#kafka/observer.ts';
import { LogReader } from '#kafka/sample/log-reader.ts';
import { findNewest, type LogPart, readPart, type SampledMessage } from '#kafka/sample/sample.ts';
import { didYouMean } from './known-names.ts';

/** Which messages to read. */
export interface SampleRequest {
  /** How many at most. */
  readonly count: number;
  /** Null for all topics of the configuration. */
  readonly topic: string | null;
  /** Null for all partitions. */
  readonly partition: number | null;
  /** Reads from this offset on; null for the newest messages. */
  readonly fromOffset: number | null;
  /** Longest search, and longest wait for an answer. */
  readonly timeoutMs: number;
}

/** Messages that were found, to be read once. */
interface KafkaSample {
  /** Fewer than asked for where the topics hold no more. */
  readonly messages: AsyncIterable<SampledMessage>;
  /** False where the time was over before all newest messages were found. */
  readonly complete: boolean;
  close(): Promise<void>;
}

type Sections = {
  readonly kafka: Configuration['kafka'];
  readonly ingest: Pick<Configuration['ingest'], 'maxDecompressedBytes'>;
};

/**
 * Finds messages of the configured topics without a consumer group. Nothing is committed or changed.
 * @throws UsageError for a topic or partition that there is not, ReadFailure when Kafka refuses
 */
export async function openSample(
  { kafka, ingest }: Sections,
  request: SampleRequest,
): Promise<KafkaSample> {
  const topics = topicsOf(kafka.topics, request);
  limitDecompression(ingest.maxDecompressedBytes);
  const deadline = performance.now() + request.timeoutMs;
  const reader = new LogReader(kafka, request.timeoutMs);
  const close = (): Promise<void> => reader.close();
  try {
    await reader.connect(topics);
    const { parts, complete } = await partsOf(reader, topics, request, deadline);
    return { messages: readAll(reader, parts), complete, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function topicsOf(
  topics: readonly string[],
  { topic, partition, fromOffset }: SampleRequest,
): readonly string[] {
  if (topic !== null && !topics.includes(topic)) {
    const meant = didYouMean(topic, topics) || ` → ${topics.join(', ')}`;
    throw new UsageError(`--topic: ${topic} is not among kafka.topics${meant}`);
  }
  if (fromOffset !== null && partition === null) {
    throw new UsageError('--from-offset needs --partition: each partition counts its own offsets');
  }
  if (topic !== null) return [topic];
  if (partition === null || topics.length === 1) return topics;
  throw new UsageError(`--partition needs --topic, one of ${topics.join(', ')}`);
}

async function partsOf(
  reader: LogReader,
  topics: readonly string[],
  request: SampleRequest,
  deadline: number,
): Promise<{ readonly parts: readonly LogPart[]; readonly complete: boolean }> {
  const { count, partition, fromOffset } = request;
  const logs: (LogEnds & Pick<LogPart, 'topic' | 'partition'>)[] = [];
  for (const topic of topics) {
    const ends = await reader.ends(topic);
    if (partition !== null && !ends.has(partition)) {
      const known = `it has ${ends.size}, from 0 on`;
      throw new UsageError(`--partition: topic ${topic} has no partition ${partition}: ${known}`);
    }
    for (const [id, { low, high }] of ends) {
      if (partition === null || id === partition) logs.push({ topic, partition: id, low, high });
    }
  }
  const [log] = logs;
  if (fromOffset === null || log === undefined) {
    return findNewest(reader, logs, count, () => performance.now() > deadline);
  }
  return { parts: [partFrom(fromOffset, log, count)], complete: true };
}

function partFrom(
  from: number,
  { topic, partition, low, high }: LogEnds & Pick<LogPart, 'topic' | 'partition'>,
  count: number,
): LogPart {
  if (from >= low && from <= high) return { topic, partition, from, end: high, count };
  const held = low === high ? `no message, and ends at ${high}` : `offsets ${low} to ${high - 1}`;
  throw new ExpectedError(
    `--from-offset ${from} is outside the log of ${topic}/${partition}, which holds ${held}`,
  );
}

async function* readAll(
  reader: LogReader,
  parts: readonly LogPart[],
): AsyncGenerator<SampledMessage> {
  for (const part of parts) yield* readPart(reader, part);
}

/** Loads the schema that a message names. @throws RegistryFailure where the registry does not give it */
export async function loadSchema(
  decoder: Pick<EventDecoder, 'missing' | 'load'>,
  { message, kafka }: SampledMessage,
): Promise<void> {
  const missing = decoder.missing([message], kafka.topic);
  if (missing.size > 0) await decoder.load(missing);
}
