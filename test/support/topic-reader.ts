import type { Consumer, KafkaClient } from '#kafka/client.ts';
import { uniqueName } from './names.ts';

/** A message as it stands in a topic. */
export interface ReadMessage {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads a topic from its beginning, for as long as it is not ended. */
export class TopicReader {
  readonly messages: ReadMessage[] = [];
  private readonly consumer: Consumer;

  private constructor(consumer: Consumer) {
    this.consumer = consumer;
  }

  static async start(kafka: KafkaClient, topic: string): Promise<TopicReader> {
    // To end it waits for its last fetch.
    const consumer = kafka.consumer({ groupId: uniqueName('reader'), maxWaitTimeInMs: 100 });
    const reader = new TopicReader(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message: { key, value, headers = {} } }) => {
        const named = Object.entries(headers).map(([name, each]) => [name, String(each)]);
        reader.messages.push({
          partition,
          key: String(key),
          value: String(value),
          headers: Object.fromEntries(named),
        });
      },
    });
    return reader;
  }

  /** What each message says it is: the header `id`. */
  ids(): string[] {
    return this.messages.map(({ headers }) => headers['id'] ?? '');
  }

  end(): Promise<void> {
    return this.consumer.disconnect();
  }
}
