import { createKafka } from '#kafka/client.ts';
import { examineGroup, listTopics } from '#kafka/topics.ts';
import type { KafkaConfiguration } from '#runtime/configuration/configuration.ts';
import { type Finding, failure, look, ok } from './finding.ts';

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
    const group = await examineGroup(kafka, options.groupId);
    const members =
      group.state === 'Dead' ? 'is new' : `has ${group.members} members (${group.state})`;
    return [
      ok('Kafka', `answers at ${options.brokers.join(', ')}`),
      ...topics,
      ok('Kafka', `group ${options.groupId} ${members}`),
    ];
  });
}
