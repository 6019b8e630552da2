/*
 * The closed lists that label metrics of processes, lanes, requests and ledgers. Those of the core
 * are repeated, because this room may not import it; a test keeps them the same.
 */

export const PROCESS_STATES = ['starting', 'running', 'stopping'] as const;
export type ProcessState = (typeof PROCESS_STATES)[number];

/** Why a lane stands still. */
export const HALT_STATES = ['throttled', 'blocked', 'failing'] as const;

export const LANE_STATES = ['active', ...HALT_STATES] as const;

/** What closes an envelope, and what releases a batch. */
export const TRIGGERS = ['count', 'bytes', 'linger', 'alone', 'stop'] as const;

/** What is done with an envelope whose workers vanished. */
export const POISON_ACTIONS = ['try', 'dead_letter', 'quarantine'] as const;

/** What was wrong with an envelope that was in Redis only in part. */
export const ORPHANS = ['lost', 'settled', 'restored', 'requeued'] as const;

/** What may become of a request. */
export const OUTCOMES = ['delivered', 'retry', 'throttled', 'blocked', 'rejected'] as const;

/** States of the events in a ledger: the first is the sum of the others. */
export const LEDGER_STATES = [
  'consumed',
  'filtered',
  'delivered',
  'dead',
  'purged',
  'queued',
  'lost',
] as const;

/** What processes do with Redis again and again. */
export const REDIS_OPERATIONS = [
  'watermarks',
  'take',
  'backpressure',
  'settle',
  'lane_board',
  'troubled',
  'jobs',
  'replays',
  'sweep',
  'hold',
  'store',
] as const;

/** Why Redis does not do it; the last one is what no other word fits. */
export const REDIS_FAULTS = [
  'connection',
  'timeout',
  'loading',
  'not_allowed',
  'moved',
  'read_only',
  'full',
  'wrong_type',
  'half_written',
  'other',
] as const;

/** What processes ask of brokers again and again, besides reading. */
export const KAFKA_OPERATIONS = ['topic_ids', 'committed', 'commit', 'group', 'overview'] as const;

/** Why brokers do not do it; the last one is what no other word fits. */
export const KAFKA_FAULTS = [
  'unreachable',
  'no_coordinator',
  'rebalancing',
  'not_allowed',
  'no_topic',
  'other',
] as const;

/** Why dead letters cannot be published. */
export const PUBLISH_FAULTS = ['no_topic', 'not_allowed', 'too_large', 'other'] as const;

/** What requests end with: the statuses that Meta documents or gateways give, or no answer. */
export const CODES = [
  '200',
  '400',
  '401',
  '403',
  '404',
  '429',
  '500',
  '502',
  '503',
  '504',
  'timeout',
  'network',
  'stopped',
  'other',
] as const;
