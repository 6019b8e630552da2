import type { KafkaClient } from './client.ts';

/**
 * Asks brokers for the ids of topics, over one connection of its own. For each topic at most one request
 * is running and one is waiting.
 */
export class TopicIds {
  private readonly admin: ReturnType<KafkaClient['admin']>;
  private connected: Promise<void> | null = null;
  private readonly running = new Map<string, Promise<unknown>>();
  private readonly waiting = new Map<string, Promise<string | null>>();

  constructor(kafka: Pick<KafkaClient, 'admin'>) {
    this.admin = kafka.admin();
  }

  /**
   * The id of a topic as the brokers had it after the call; null where they know no ids.
   * @throws Error when no broker answers, or the topic does not exist
   */
  ask(topic: string): Promise<string | null> {
    const known = this.waiting.get(topic);
    if (known !== undefined) return known;
    // The answer to a running request may be older than this call.
    const before = this.running.get(topic) ?? Promise.resolve();
    const next = before.then(() => {
      this.waiting.delete(topic);
      const asked = this.request(topic);
      const ended = asked.catch(() => null);
      this.running.set(topic, ended);
      return asked;
    });
    this.waiting.set(topic, next);
    return next;
  }

  close(): Promise<void> {
    return this.admin.disconnect();
  }

  private async request(topic: string): Promise<string | null> {
    this.connected ??= this.admin.connect();
    try {
      await this.connected;
    } catch (error) {
      this.connected = null;
      throw error;
    }
    const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? [];
    return (partitions as { topicId?: string | null }).topicId ?? null;
  }
}
