import type { KafkaClient } from './client.ts';
import { type Group, readGroup, unassigned } from './group.ts';

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

/** A consumer group, and the partitions of some topics that none of its members reads. */
export async function examineGroup(
  kafka: KafkaClient,
  groupId: string,
  topics: readonly string[],
): Promise<Group & { readonly unassigned: Readonly<Record<string, readonly number[]>> }> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [{ groups }, metadata] = await Promise.all([
      admin.describeGroups([groupId]),
      topics.length === 0 ? { topics: [] } : admin.fetchTopicMetadata({ topics: [...topics] }),
    ]);
    const group = readGroup(groups[0]);
    const found = metadata.topics.map(({ name, partitions }) => {
      const ids = partitions.map(({ partitionId }) => partitionId);
      return [name, unassigned(group, name, ids)];
    });
    return { ...group, unassigned: Object.fromEntries(found) };
  } finally {
    await admin.disconnect();
  }
}
