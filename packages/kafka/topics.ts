import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { retry } from '#core/retried-work.ts';
import { nearest } from '#core/text/nearest.ts';
import type { KafkaClient } from './client.ts';
import { type ConsumerGroup, readGroup, unassigned } from './group.ts';
import { observeKafka } from './observer.ts';

/**
 * Creates the topics that do not exist yet, and waits for their leaders.
 *
 * @param partitions of each topic
 * @param settings of each topic, such as `max.message.bytes`; the broker's when left out
 */
export async function ensureTopics(
  kafka: KafkaClient,
  topics: readonly string[],
  partitions: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const known = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !known.has(topic));
    if (missing.length === 0) return;
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await admin.createTopics({
      topics: missing.map((topic) => ({ topic, numPartitions: partitions, configEntries })),
      waitForLeaders: false,
    });
    await untilKnown(admin, missing);
  });
}

async function withAdmin<T>(kafka: KafkaClient, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}

/** How long brokers may take to tell each other of a topic, and between two requests, in ms. */
const KNOWN_WITHIN_MS = 60_000;
const ASK_AGAIN_MS = 100;

/**
 * Waits for the leaders of new topics. kafkajs 2.2.4 could, but fails where the broker that it asks has
 * not heard of a topic that another one has created.
 */
async function untilKnown(admin: Admin, topics: string[]): Promise<void> {
  const deadline = performance.now() + KNOWN_WITHIN_MS;
  const waitMs = (error: unknown): number | null => {
    const { type = '' } = error as Error & { type?: string };
    const early = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'].includes(type);
    return early && performance.now() <= deadline ? ASK_AGAIN_MS : null;
  };
  await retry(() => admin.fetchTopicMetadata({ topics }), { waitMs, sleep: (ms) => sleep(ms) });
}

/** The names of the topics that the brokers let us see. */
export async function listTopics(kafka: KafkaClient): Promise<string[]> {
  return withAdmin(kafka, (admin) => admin.listTopics());
}

/** @throws Error naming the topics that are missing; a misspelt one must not be waited for */
export async function requireTopics(kafka: KafkaClient, topics: readonly string[]): Promise<void> {
  const known = new Set(await listTopics(kafka));
  const missing = topics.filter((topic) => !known.has(topic));
  if (missing.length === 0) return;
  const named = missing.map((topic) => {
    const near = nearest(topic, [...known]);
    return near === null ? topic : `${topic} (did you mean ${near}?)`;
  });
  throw new Error(`Kafka has no topic ${named.join(', ')}: create it, or correct kafka.topics`);
}

/** A consumer group, and the partitions of some topics that none of its members reads. */
export async function examineGroup(
  kafka: KafkaClient,
  groupId: string,
  topics: readonly string[],
): Promise<ConsumerGroup & { readonly unassigned: Readonly<Record<string, readonly number[]>> }> {
  return withAdmin(kafka, async (admin) => {
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
  });
}

/** Those of some topics of which the brokers do not tell this user how long they keep messages. */
export async function untoldRetention(
  kafka: KafkaClient,
  topics: readonly string[],
): Promise<string[]> {
  const observer = await observeKafka(kafka);
  try {
    // One by one: a refusal is an answer to the whole request.
    const told = await Promise.all(
      topics.map((topic) => observer.retentionMs(topic).catch(() => null)),
    );
    return topics.filter((_, index) => told[index] === null);
  } finally {
    await observer.close();
  }
}
