import { setTimeout as sleep } from 'node:timers/promises';
import { RetriedWork, type RetriedWorkOptions } from '#core/retried-work.ts';

/** Why brokers do not take a message, as far as it matters for the fix. */
export const SEND_FAULTS = ['no_topic', 'not_allowed', 'too_large', 'other'] as const;
export type SendFault = (typeof SEND_FAULTS)[number];

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

/** Why brokers do not do what they are asked, as far as it matters for the fix. */
export type KafkaFault =
  | 'unreachable'
  | 'no_coordinator'
  | 'rebalancing'
  | 'not_allowed'
  | 'no_topic'
  | 'other';

/** By Kafka's own words for it. Source: the protocol's error codes, kafka.apache.org/protocol. */
const ANSWERS: Readonly<Record<string, KafkaFault>> = {
  GROUP_AUTHORIZATION_FAILED: 'not_allowed',
  TOPIC_AUTHORIZATION_FAILED: 'not_allowed',
  CLUSTER_AUTHORIZATION_FAILED: 'not_allowed',
  UNKNOWN_TOPIC_OR_PARTITION: 'no_topic',
  INVALID_TOPIC_EXCEPTION: 'no_topic',
  // The group has settled its members again since: what was meant comes with the new generation.
  REBALANCE_IN_PROGRESS: 'rebalancing',
  ILLEGAL_GENERATION: 'rebalancing',
  UNKNOWN_MEMBER_ID: 'rebalancing',
};

/** Sorts what kafkajs throws: by the answer of a broker, and the rest by whether there was one. */
export function kafkaFault(error: unknown): KafkaFault {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === 'KafkaJSSASLAuthenticationError') return 'not_allowed';
    // kafkajs keeps to itself why: no broker answered, or none lets us see the group.
    if (at.name === 'KafkaJSGroupCoordinatorNotFound') return 'no_coordinator';
    const fault = ANSWERS[(at as Error & { type?: string }).type ?? ''];
    if (fault !== undefined) return fault;
  }
  return isUnreachable(error) ? 'unreachable' : 'other';
}

/**
 * What kafkajs throws while brokers cannot be reached or have no answer yet, and what may heal
 * without a change of the configuration. Wrong credentials and missing rights are not among them.
 */
const UNREACHABLE: ReadonlySet<string> = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSTimeout',
  'KafkaJSLockTimeout',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSMetadataNotLoaded',
]);

/** Whether waiting for the brokers may help. */
export function isUnreachable(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === 'KafkaJSSASLAuthenticationError') return false;
    const { retriable, type } = at as Error & { retriable?: boolean; type?: string };
    if (UNREACHABLE.has(at.name) || (type !== undefined && retriable === true)) return true;
  }
  return false;
}

/** What a process asks of brokers again and again. */
export class KafkaWork extends RetriedWork<KafkaFault> {
  constructor({ onFailure }: Pick<RetriedWorkOptions<KafkaFault>, 'onFailure'>) {
    super({ onFailure, faultOf: kafkaFault, sleep: (ms) => sleep(ms), now: Date.now });
  }
}
