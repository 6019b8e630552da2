import type { KafkaClient } from './client.ts';

/** Creates the topics that do not exist yet, with so many partitions each. */
export async function ensureTopics(
  kafka: KafkaClient,
  topics: readonly string[],
  partitions: number,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const known = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !known.has(topic));
    if (missing.length === 0) return;
    await admin.createTopics({
      topics: missing.map((topic) => ({ topic, numPartitions: partitions })),
      waitForLeaders: true,
    });
  } finally {
    await admin.disconnect();
  }
}

/** The names of the topics that the brokers let us see. */
export async function listTopics(kafka: KafkaClient): Promise<string[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

/** How many members a consumer group has, and its state in Kafka's words. */
export async function examineGroup(
  kafka: KafkaClient,
  groupId: string,
): Promise<{ members: number; state: string }> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { groups } = await admin.describeGroups([groupId]);
    const [group] = groups;
    return { members: group?.members.length ?? 0, state: group?.state ?? 'Unknown' };
  } finally {
    await admin.disconnect();
  }
}
