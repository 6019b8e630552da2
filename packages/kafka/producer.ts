import kafkajs from 'kafkajs';
import type { KafkaClient } from './client.ts';

const { CompressionTypes } = kafkajs;

export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

const TYPES: Record<Compression, number> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

export interface NewMessage {
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers?: Record<string, string | Buffer>;
}

/** Sends messages in batches, each acknowledged by all replicas. */
export interface BatchProducer {
  /** Resolves when the brokers have all of them. */
  send(messages: readonly NewMessage[]): Promise<void>;
  disconnect(): Promise<void>;
}

/** The largest request; brokers refuse more than 1 MiB a partition unless told otherwise. */
const MAX_REQUEST_BYTES = 768 * 1024;

export async function createBatchProducer(
  kafka: KafkaClient,
  options: { readonly topic: string; readonly compression: Compression },
): Promise<BatchProducer> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  return {
    async send(messages) {
      for (const part of split(messages)) {
        await producer.send({
          topic: options.topic,
          acks: -1,
          compression: TYPES[options.compression],
          messages: part.map((message) => ({ ...message })),
        });
      }
    },
    disconnect: () => producer.disconnect(),
  };
}

function split(messages: readonly NewMessage[]): NewMessage[][] {
  const parts: NewMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.value?.length ?? 0;
    const part = parts.at(-1);
    if (part === undefined || bytes + size > MAX_REQUEST_BYTES) {
      parts.push([message]);
      bytes = size;
    } else {
      part.push(message);
      bytes += size;
    }
  }
  return parts;
}
