import { kafkaFault } from '../fault.ts';
import { MissingCodec } from '../native-codecs.ts';
import { kafkaTrouble } from '../trouble.ts';

/** Where reading failed: at which brokers, and of which topic, if it is one topic's. */
interface Place {
  readonly brokers: readonly string[];
  readonly topic: string | null;
}

/** Why a topic cannot be read. The message has the problem and the fix, with an arrow between them. */
export class ReadFailure extends Error {
  /** `no_connection`: the brokers do not answer at all, or refuse the connection. */
  readonly kind: 'no_connection' | 'no_topic' | 'late' | 'refused';

  constructor(kind: ReadFailure['kind'], problem: string, fix: string, cause?: unknown) {
    super(`${problem} → ${fix}`, { cause });
    this.kind = kind;
  }
}

/**
 * What a failure of kafkajs means, with the fix.
 * @param hint what kafkajs logged before, which often says more than its error
 */
export function readFailure(error: unknown, hint: string | null, place: Place): ReadFailure {
  if (error instanceof ReadFailure) return error;
  if (error instanceof MissingCodec) {
    const [problem = '', fix = ''] = error.message.split(' → ');
    return new ReadFailure('refused', problem, fix, error);
  }
  const trouble = kafkaTrouble(error) ?? (hint === null ? null : kafkaTrouble(hint));
  const where = `Kafka at ${place.brokers.join(', ')}`;
  if (trouble !== null) {
    return new ReadFailure('no_connection', `${where} ${trouble.problem}`, trouble.fix, error);
  }
  if (place.topic !== null) {
    const ofTopic = topicFailure(error, place.topic, where);
    if (ofTopic !== null) return ofTopic;
  }
  const fix = 'start a broker there, or correct kafka.brokers, kafka.ssl and kafka.sasl';
  const problem = `${where} does not answer (${reasonOf(error, hint)})`;
  return new ReadFailure('no_connection', problem, fix, error);
}

/** Source: kafka.apache.org/documentation/#operations_resources_and_protocols: FETCH wants Read on the topic. */
function topicFailure(error: unknown, topic: string, where: string): ReadFailure | null {
  const fault = kafkaFault(error);
  if (fault === 'not_allowed') {
    const problem = `${where} does not let this user read topic ${topic} (TOPIC_AUTHORIZATION_FAILED)`;
    const fix = `give the user of kafka.sasl the ACL: kafka-acls --add --allow-principal User:NAME --operation Read --topic ${topic}`;
    return new ReadFailure('refused', problem, fix, error);
  }
  if (fault === 'no_topic') {
    const problem = `${where} has no topic ${topic}`;
    return new ReadFailure('no_topic', problem, 'create it, or correct kafka.topics', error);
  }
  const { type } = error as { readonly type?: unknown };
  if (type === 'OFFSET_OUT_OF_RANGE') {
    const problem = `messages of topic ${topic} were deleted while they were read`;
    return new ReadFailure('refused', problem, 'run the command again', error);
  }
  if (type !== 'LEADER_NOT_AVAILABLE') return null;
  const problem = `a partition of topic ${topic} has no leader`;
  return new ReadFailure('refused', problem, 'start the brokers that have its replicas', error);
}

/** A code or a name only. */
function reasonOf(error: unknown, hint: string | null): string {
  const { message, name } = error as Error;
  const code = /\bE[A-Z]{3,}\b/.exec(`${message} ${hint ?? ''}`)?.[0];
  return code ?? name;
}
