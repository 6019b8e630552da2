import type { KafkaConfiguration } from '#config/configuration.ts';
import { createKafka } from '#kafka/client.ts';
import { examineGroup, listTopics } from '#kafka/topics.ts';
import { type Finding, failure, look, ok, warning } from './finding.ts';

/**
 * Whether the brokers answer, the topics exist, that of dead letters among them where there is to be
 * one, and the consumer group may be read.
 */
export function lookAtKafka(
  options: KafkaConfiguration,
  deadLetterTopic: string | null,
): Promise<readonly Finding[]> {
  const mend = `see that a broker runs at ${options.brokers.join(', ')}, and kafka.ssl and kafka.sasl`;
  return look('Kafka', mend, async (blame) => {
    const kafka = createKafka(options, (_level, message, { cause }) => blame(cause ?? message));
    const known = new Set(await listTopics(kafka));
    const lookAt = (topic: string, how: string): Finding =>
      known.has(topic)
        ? ok('Kafka', `topic ${topic} exists`)
        : failure('Kafka', `there is no topic ${topic}`, how);
    const topics = options.topics.map((topic) =>
      lookAt(topic, 'create it, or correct kafka.topics'),
    );
    const dead =
      'create it, or correct deadLetters.topic: until then dead letters stay in Redis alone';
    if (deadLetterTopic !== null) topics.push(lookAt(deadLetterTopic, dead));
    const existing = options.topics.filter((topic) => known.has(topic));
    const group = await examineGroup(kafka, options.groupId, existing);
    const members =
      group.state === 'Dead' ? 'is new' : `has ${group.members.length} members (${group.state})`;
    return [
      ok('Kafka', `answers at ${options.brokers.join(', ')}`),
      ...topics,
      ok('Kafka', `group ${options.groupId} ${members}`),
      ...unreadPartitions(options, group.unassigned),
    ];
  });
}

/** A new partition is read within `metadataMaxAgeMs`; one that stays unread is a member's fault. */
function unreadPartitions(
  { groupId, metadataMaxAgeMs }: KafkaConfiguration,
  unassigned: Readonly<Record<string, readonly number[]>>,
): Finding[] {
  return Object.entries(unassigned)
    .filter(([, partitions]) => partitions.length > 0)
    .map(([topic, partitions]) =>
      warning(
        'Kafka',
        `no member of group ${groupId} reads partition ${partitions.join(', ')} of topic ${topic}`,
        `new partitions are read within ${metadataMaxAgeMs} ms (kafka.metadataMaxAgeMs); after that see that all members of the group read the same topics`,
      ),
    );
}
