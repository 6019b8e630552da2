import type { KafkaConfiguration, RedisConfiguration } from '#config/configuration.ts';
import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { strangersTo } from '#kafka/group.ts';
import { examineGroup, listTopics, untoldRetention } from '#kafka/topics.ts';
import { kafkaTrouble } from '#kafka/trouble.ts';
import { readStoreClaim } from '#store/intake/claim.ts';
import { withStore } from '#store/store.ts';
import { didYouMean } from '../known-names.ts';
import {
  type ConnectionCheck,
  type Finding,
  failure,
  type OnFailureReason,
  ok,
  warning,
} from './finding.ts';

/**
 * Whether the brokers answer, the topics exist (including the topic for dead letters, if one is
 * configured), and the consumer group can be read.
 * @param parks whether events of a halted pixel may stay in Kafka: then it matters for how long
 */
export function checkKafka(
  options: KafkaConfiguration,
  deadLetterTopic: string | null,
  parks: boolean,
): ConnectionCheck {
  const brokers = options.brokers.join(', ');
  const fix = `start a broker at ${brokers}, or correct kafka.brokers, kafka.ssl and kafka.sasl`;
  return {
    subject: 'Kafka',
    fix,
    explain: kafkaTrouble,
    work: async (onFailureReason) => {
      const kafka = connect(options, onFailureReason);
      const known = new Set(await listTopics(kafka));
      const checkTopic = (topic: string, how: string): Finding =>
        known.has(topic)
          ? ok('Kafka', `topic ${topic} exists`)
          : failure('Kafka', `topic ${topic} does not exist${didYouMean(topic, [...known])}`, how);
      const topics = options.topics.map((topic) =>
        checkTopic(topic, 'create it, or correct kafka.topics'),
      );
      const dead = 'create it, or correct deadLetters.topic: until then dead letters stay in Redis';
      if (deadLetterTopic !== null) topics.push(checkTopic(deadLetterTopic, dead));
      const existing = options.topics.filter((topic) => known.has(topic));
      const group = await examineGroup(kafka, options.groupId, existing);
      const members =
        group.state === 'Dead' ? 'is new' : `has ${group.members.length} members (${group.state})`;
      return [
        ok('Kafka', `answers at ${brokers}`),
        ...topics,
        ok('Kafka', `group ${options.groupId} ${members}`),
        ...unreadPartitions(options, group.unassigned),
        ...(parks ? (await untoldRetention(kafka, existing)).map(untold) : []),
      ];
    },
  };
}

/** Without an answer no one is warned before parked events are deleted. */
function untold(topic: string): Finding {
  const problem = `Kafka does not tell this user how long it keeps the messages of topic ${topic}: the alert CapiParkedEventsEnding cannot fire before it deletes parked events`;
  const acl = `kafka-acls --add --allow-principal User:NAME --operation DescribeConfigs --topic ${topic}`;
  return warning('Kafka', problem, `give the user of kafka.sasl the ACL: ${acl}`);
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
        `new partitions are read within ${metadataMaxAgeMs} ms (kafka.metadataMaxAgeMs); after that, make sure that all members of the group read the same topics`,
      ),
    );
}

const STRANGER_FIX =
  'give each Redis and prefix its own kafka.groupId, or correct redis.url and redis.prefix';

/**
 * Whether members of the consumer group write to another Redis or prefix than this one. Finds
 * nothing while Kafka or Redis does not answer: their own checks report that.
 */
export function checkStrangers(
  options: KafkaConfiguration,
  address: RedisConfiguration,
): ConnectionCheck {
  const fix = 'see the findings about Kafka and Redis';
  return {
    subject: 'group',
    fix,
    work: (onFailureReason) =>
      withStore(address, onFailureReason, async (own) => {
        const [store, group] = await Promise.all([
          readStoreClaim(own),
          examineGroup(connect(options, onFailureReason), options.groupId, []),
        ]);
        return strangersTo(store, group).map(({ clientId, host }) => {
          const problem = `${clientId} at ${host} reads in group ${options.groupId}, and writes to another Redis or prefix`;
          return failure('Kafka', problem, STRANGER_FIX);
        });
      }).catch(() => []),
  };
}

function connect(options: KafkaConfiguration, onFailureReason: OnFailureReason): KafkaClient {
  return createKafka(options, (_, message, { cause }) => onFailureReason(cause ?? message));
}
