import { expect, test } from '@jest/globals';
import { kafkaFault } from '#kafka/fault.ts';

function error(facts: object, cause?: Error): Error {
  return Object.assign(new Error('no', { cause }), facts);
}

test.each<[string, unknown, string]>([
  ['a missing right to the group', error({ type: 'GROUP_AUTHORIZATION_FAILED' }), 'not_allowed'],
  [
    'a missing right within what kafkajs made of it',
    error({ name: 'KafkaJSNonRetriableError' }, error({ type: 'TOPIC_AUTHORIZATION_FAILED' })),
    'not_allowed',
  ],
  ['a wrong password', error({ name: 'KafkaJSSASLAuthenticationError' }), 'not_allowed'],
  [
    'a topic that is not there',
    error({ type: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: true }),
    'no_topic',
  ],
  [
    'a group that no broker shows',
    error({ name: 'KafkaJSGroupCoordinatorNotFound' }),
    'no_coordinator',
  ],
  ['a generation that is over', error({ type: 'ILLEGAL_GENERATION' }), 'rebalancing'],
  ['a broker that is away', error({ name: 'KafkaJSConnectionError' }), 'unreachable'],
  [
    'a broker that is not ready',
    error({ type: 'COORDINATOR_LOAD_IN_PROGRESS', retriable: true }),
    'unreachable',
  ],
  ['an answer that nothing is known of', error({ type: 'INVALID_REQUEST' }), 'other'],
  ['what is no error', 'no', 'other'],
])('%s', (_, thrown, fault) => {
  expect(kafkaFault(thrown)).toBe(fault);
});
