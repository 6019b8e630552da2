/** Why brokers do not take a message, as far as it matters to who mends it. */
export type SendFault = 'no_topic' | 'not_allowed' | 'too_large' | 'other';

/** By Kafka's own words for it. Source: the protocol's error codes, kafka.apache.org/protocol. */
const FAULTS: Readonly<Record<string, SendFault>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'no_topic',
  INVALID_TOPIC_EXCEPTION: 'no_topic',
  TOPIC_AUTHORIZATION_FAILED: 'not_allowed',
  CLUSTER_AUTHORIZATION_FAILED: 'not_allowed',
  MESSAGE_TOO_LARGE: 'too_large',
  RECORD_LIST_TOO_LARGE: 'too_large',
};

/** kafkajs wraps what the brokers said into what it made of it, several times over. */
export function sendFault(error: unknown): SendFault {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { type } = at as Error & { type?: string };
    const fault = FAULTS[type ?? ''];
    if (fault !== undefined) return fault;
  }
  return 'other';
}
