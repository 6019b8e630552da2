import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { split } from '#core/delivery/batch.ts';
import { retry } from '#core/retried-work.ts';
import type { KafkaClient } from './client.ts';
import type { Compression } from './compressions.ts';
import { sendFault } from './fault.ts';
import { lz4, snappy } from './native-codecs.ts';

const { CompressionTypes } = kafkajs;

const TYPES: Record<Compression, number> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

/** Loads a codec before anything is sent. */
const LOAD: Partial<Record<Compression, () => unknown>> = { snappy, lz4 };

export interface NewMessage {
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers?: Record<string, string | Buffer | (string | Buffer)[]>;
  /** Unix ms; the moment it is sent when left out. */
  readonly timestamp?: string;
}

/** Sends messages in batches, each acknowledged by all replicas. */
export interface BatchProducer {
  /**
   * Resolves when the brokers have all of them, those of a key in their order.
   *
   * @param shorten what goes in place of a message that is larger than the brokers take; without it,
   *   or where that is too large as well, such a message is an error
   */
  send<M extends NewMessage>(
    messages: readonly M[],
    shorten?: (message: M) => NewMessage,
  ): Promise<void>;
  disconnect(): Promise<void>;
}

/** Of a request; brokers refuse more than 1 MiB a partition unless told otherwise. */
const LIMITS = { maxEvents: Number.POSITIVE_INFINITY, maxBytes: 768 * 1024 };

interface BatchProducerOptions {
  readonly topic: string;
  readonly compression: Compression;
  /** How often a sending that fails for now is repeated; 10 times when left out. */
  readonly retries?: number;
  /** Told of each sending that failed and is repeated. */
  readonly onFailure?: (error: unknown) => void;
}

/** Between a sending that failed and the next, in ms; it doubles up to the last. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5000;

/**
 * Messages of a sending that fails may be sent twice, and never not at all.
 *
 * kafkajs 2.2.4 repeats a sending by broker, and passes those over that have answered. Where a
 * partition has moved to one of them meanwhile, because its leader died, its messages are reported as
 * sent and never are. So kafkajs repeats nothing, and all messages are sent again.
 * @throws MissingCodec when this machine cannot compress like that
 */
export async function createBatchProducer(
  kafka: KafkaClient,
  { topic, compression, retries = 10, onFailure }: BatchProducerOptions,
): Promise<BatchProducer> {
  LOAD[compression]?.();
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 0 } });
  await producer.connect();
  const sendOnce = async (messages: readonly NewMessage[]): Promise<void> => {
    await producer.send({
      topic,
      acks: -1,
      compression: TYPES[compression],
      messages: messages.map(({ key, value, headers = {}, timestamp }) => ({
        ...{ key, value, headers },
        ...(timestamp === undefined ? {} : { timestamp }),
      })),
    });
  };
  const waitMs = (error: unknown, failures: number): number | null => {
    if (failures > retries || !mayHeal(error)) return null;
    return Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS);
  };
  const sendPart = async (messages: readonly NewMessage[]): Promise<void> => {
    await retry(() => sendOnce(messages), { waitMs, sleep: (ms) => sleep(ms), onFailure });
  };
  return {
    async send(messages, shorten) {
      const parts = split(messages, LIMITS, ({ value }) => value?.length ?? 0);
      for (const part of parts) await sendFitting(part, sendPart, shorten);
    },
    disconnect: () => producer.disconnect(),
  };
}

/** True for what kafkajs would have repeated. */
function mayHeal(error: unknown): boolean {
  return (error as Error).name === 'KafkaJSNumberOfRetriesExceeded';
}

/** Where a topic accepts less than a request holds, sends halves, down to single messages. */
async function sendFitting<M extends NewMessage>(
  messages: readonly M[],
  sendPart: (messages: readonly NewMessage[]) => Promise<void>,
  shorten?: (message: M) => NewMessage,
): Promise<void> {
  try {
    await sendPart(messages);
  } catch (error) {
    const [only, ...others] = messages;
    if (shorten === undefined || only === undefined || sendFault(error) !== 'too_large') {
      throw error;
    }
    if (others.length === 0) return sendPart([shorten(only)]);
    const half = Math.ceil(messages.length / 2);
    await sendFitting(messages.slice(0, half), sendPart, shorten);
    await sendFitting(messages.slice(half), sendPart, shorten);
  }
}
