import { setTimeout as sleep } from 'node:timers/promises';
import { RetriedWork, type RetriedWorkOptions } from '#core/retried-work.ts';

/** Why brokers refuse a message, as far as the fix depends on it. */
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
function* causesOf(error: unknown): Generator<KafkaError> {
  for (let at = error; at instanceof Error; at = at.cause) yield at;
}

type KafkaError = Error & { readonly type?: string; readonly retriable?: boolean };

export function sendFault(error: unknown): SendFault {
  for (const { type = '' } of causesOf(error)) {
    const fault = FAULTS[type];
    if (fault !== undefined) return fault;
  }
  return 'other';
}

/** Why brokers refuse a request, as far as the fix depends on it. */
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
  SASL_AUTHENTICATION_FAILED: 'not_allowed',
  UNSUPPORTED_SASL_MECHANISM: 'not_allowed',
  UNKNOWN_TOPIC_OR_PARTITION: 'no_topic',
  INVALID_TOPIC_EXCEPTION: 'no_topic',
  // The group has a new generation since: the commit is repeated with it.
  REBALANCE_IN_PROGRESS: 'rebalancing',
  ILLEGAL_GENERATION: 'rebalancing',
  UNKNOWN_MEMBER_ID: 'rebalancing',
};

/** The fault that kafkajs reports: by a broker's error code, and otherwise by whether one answered. */
export function kafkaFault(error: unknown): KafkaFault {
  for (const { name, type = '' } of causesOf(error)) {
    if (name === 'KafkaJSSASLAuthenticationError') return 'not_allowed';
    // kafkajs does not tell why: no broker answered, or none lets us see the group.
    if (name === 'KafkaJSGroupCoordinatorNotFound') return 'no_coordinator';
    const fault = ANSWERS[type];
    if (fault !== undefined) return fault;
  }
  return isUnreachable(error) ? 'unreachable' : 'other';
}

/**
 * Errors of kafkajs while brokers cannot be reached or have no answer yet: waiting may help. Wrong
 * credentials and missing permissions are not among them.
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
  for (const { name, type, retriable } of causesOf(error)) {
    if (name === 'KafkaJSSASLAuthenticationError') return false;
    if (UNREACHABLE.has(name) || (type !== undefined && retriable === true)) return true;
  }
  return false;
}

/** Requests to brokers that are retried. */
export class KafkaWork extends RetriedWork<KafkaFault> {
  constructor({ onFailure }: Pick<RetriedWorkOptions<KafkaFault>, 'onFailure'>) {
    super({ onFailure, faultOf: kafkaFault, sleep: (ms) => sleep(ms), now: Date.now });
  }
}
