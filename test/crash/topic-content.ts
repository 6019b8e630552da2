import { createKafka } from '#kafka/client.ts';
import { uniqueName } from '#test/support/names.ts';

/** What a topic holds, as it can be read from it. */
export interface TopicContent {
  readonly messages: number;
  /** Message id → how often, of the messages that have one. */
  readonly ids: ReadonlyMap<string, number>;
}

/** Only what the ids need: reading all of each message as JSON would take longer than the run. */
const MESSAGE_ID = /"messageId":"([^"]+)"/;

/** How many messages a topic holds, without reading them. */
export async function countMessages(brokers: readonly string[], topic: string): Promise<number> {
  const ends = await endOffsets(brokers, topic);
  return [...ends.values()].reduce((sum, { low, high }) => sum + high - low, 0);
}

/** Reads a topic from the beginning to its end. */
export async function readTopic(brokers: readonly string[], topic: string): Promise<TopicContent> {
  const ends = await endOffsets(brokers, topic);
  const open = new Set([...ends].filter(([, { low, high }]) => high > low).map(([at]) => at));
  const ids = new Map<string, number>();
  let messages = 0;
  const groupId = uniqueName('audit');
  const consumer = client(brokers).consumer({ groupId, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    if (open.size === 0) resolve();
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
    void consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) {
          messages += 1;
          const id = MESSAGE_ID.exec(value?.toString('latin1') ?? '')?.[1];
          if (id !== undefined) ids.set(id, (ids.get(id) ?? 0) + 1);
        }
        const end = ends.get(batch.partition)?.high ?? 0;
        if (Number(batch.lastOffset()) + 1 >= end) open.delete(batch.partition);
        if (open.size === 0) resolve();
      },
    });
  });
  await consumer.disconnect();
  return { messages, ids };
}

function client(brokers: readonly string[]) {
  return createKafka({ brokers, clientId: 'audit', ssl: false, sasl: null });
}

async function endOffsets(
  brokers: readonly string[],
  topic: string,
): Promise<Map<number, { low: number; high: number }>> {
  const admin = client(brokers).admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(
      offsets.map(({ partition, low, high }) => [
        partition,
        { low: Number(low), high: Number(high) },
      ]),
    );
  } finally {
    await admin.disconnect();
  }
}
