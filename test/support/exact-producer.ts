import kafkajs from 'kafkajs';
import { split } from '#core/delivery/batch.ts';
import type { KafkaClient } from '#kafka/client.ts';
import type { BatchProducer, NewMessage } from '#kafka/producer.ts';

/** Of a request; brokers refuse more than 1 MiB a partition unless told otherwise. */
const LIMITS = { maxEvents: Number.POSITIVE_INFINITY, maxBytes: 768 * 1024 };

/** As patient as a busy machine needs. */
const RETRIES = 30;

/**
 * A producer whose messages are in the topic exactly once, for tests that count. Ours may send some
 * again when a busy broker answers late; the broker recognises what an idempotent one repeats. For a
 * single broker only, because kafkajs loses messages when a leader moves.
 */
export async function createExactProducer(
  kafka: KafkaClient,
  topic: string,
  partitions: number,
): Promise<BatchProducer> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: { retries: RETRIES },
  });
  await producer.connect();
  let keyless = 0;
  // What is repeated must go to the same partition, and kafkajs draws another for a message without key.
  const placed = ({ key, value, headers = {} }: NewMessage) => {
    if (key !== null) return { key, value, headers };
    keyless += 1;
    return { key, value, headers, partition: keyless % partitions };
  };
  return {
    async send(messages) {
      for (const part of split(messages, LIMITS, ({ value }) => value?.length ?? 0)) {
        await producer.send({
          topic,
          acks: -1,
          compression: kafkajs.CompressionTypes.None,
          messages: part.map(placed),
        });
      }
    },
    disconnect: () => producer.disconnect(),
  };
}
