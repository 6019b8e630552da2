import type { KafkaClient } from './client.ts';

/** Asks brokers which topic stands under a name. */
export interface TopicIds {
  /**
   * The id of a topic as the brokers had it after the call; null where they know no ids.
   * @throws Error when no broker answers, or the topic does not exist
   */
  ask(topic: string): Promise<string | null>;
  close(): Promise<void>;
}

/** Over one connection of its own; at most one request is under way for a topic, and one waits. */
export function createTopicIds(kafka: KafkaClient): TopicIds {
  const admin = kafka.admin();
  let connected: Promise<void> | null = null;
  const running = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, Promise<string | null>>();
  const request = async (topic: string): Promise<string | null> => {
    connected ??= admin.connect();
    try {
      await connected;
    } catch (error) {
      connected = null;
      throw error;
    }
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? [];
    return (partitions as { topicId?: string | null }).topicId ?? null;
  };
  const run = (topic: string): Promise<string | null> => {
    const asked = request(topic);
    running.set(
      topic,
      asked.catch(() => null),
    );
    return asked;
  };
  return {
    ask(topic) {
      const known = waiting.get(topic);
      if (known !== undefined) return known;
      // An answer that is under way may be older than this question.
      const before = running.get(topic) ?? Promise.resolve();
      const next = before.then(() => {
        waiting.delete(topic);
        return run(topic);
      });
      waiting.set(topic, next);
      return next;
    },
    close: () => admin.disconnect(),
  };
}
