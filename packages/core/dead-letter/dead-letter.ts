import type { SchemaKey } from '../event/track-event.ts';
import { MAPPING_FAILED, REJECT_REASONS } from '../mapping/mapping-result.ts';
import type { MetaError } from '../outcome/answer.ts';

/** The service that made the dead letter. */
export const DEAD_LETTER_STAGES = ['ingest', 'worker'] as const;
export type DeadLetterStage = (typeof DEAD_LETTER_STAGES)[number];

/**
 * Why an event is not sent: rejected by the mapping, rejected by Meta, out of attempts, or in an envelope
 * that crashed one worker after another.
 */
export const DEAD_LETTER_REASONS = [
  ...REJECT_REASONS,
  MAPPING_FAILED,
  'rejected_by_meta',
  'out_of_retries',
  'crashed_worker',
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

const WORKER_ONLY: readonly DeadLetterReason[] = [
  'rejected_by_meta',
  'out_of_retries',
  'crashed_worker',
];

/** Stage → the reasons that occur there. */
export const REASONS_BY_STAGE: Readonly<Record<DeadLetterStage, readonly DeadLetterReason[]>> = {
  ingest: DEAD_LETTER_REASONS.filter((reason) => !WORKER_ONLY.includes(reason)),
  worker: ['too_old', 'too_large', ...WORKER_ONLY],
};

/** The position of the Track event in Kafka. */
export interface KafkaCoordinates {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Unix ms. */
  readonly timestamp: number;
}

/** The searchable part of a dead letter before it is written. It is sealed apart from the event itself. */
export interface NewDeadLetterFacts {
  /** Null when the message could not be read far enough to tell its pixel. */
  readonly pixelId: string | null;
  readonly stage: DeadLetterStage;
  readonly reason: DeadLetterReason;
  readonly message: string;
  readonly kafka: KafkaCoordinates;
  /** Unix ms. */
  readonly diedAt: number;
  /** Unix seconds after which Meta no longer accepts it; null when its time is unknown. */
  readonly horizon: number | null;
  readonly eventName: string | null;
  readonly eventId: string | null;
  /** How often it was sent since its last replay, or at all. */
  readonly attempts: number;
  /** How often it was replayed: requeued, or mapped again and rejected again. */
  readonly replays: number;
  /** Meta's error, where Meta rejected the event. */
  readonly refusal: MetaError | null;
  /** True when Meta may have accepted it: its last request got no answer. */
  readonly unknown: boolean;
  /** What is sealed: the Kafka message as it was, or the record of a normalised event. */
  readonly holds: 'message' | 'record';
  /**
   * How many bytes the message's value has, where only its first part is kept: such an event is not
   * whole, so that it cannot be sent from here. Its original is where `kafka` says.
   */
  readonly truncatedFrom?: number | undefined;
  /**
   * Which of several server events of its message it is: null for the first, or the name that a rule
   * gives one more. A replay makes that one alone. Undefined where nothing of the message was sent.
   */
  readonly part?: string | null | undefined;
  /** The schema that its message names: its id in the registry, or its GUID. */
  readonly schema?: SchemaKey | undefined;
}

/** The searchable part of a dead letter as it is kept. */
export interface DeadLetterFacts extends NewDeadLetterFacts {
  /**
   * Unique to this dead letter. A replayed event that becomes a dead letter again gets a new one; across
   * replays, `eventId` and the position in Kafka identify an event.
   */
  readonly id: string;
}

/** What dead letters of one cause have in common; numbers in the message may be left out. */
export type SharedFacts = Pick<
  NewDeadLetterFacts,
  'pixelId' | 'stage' | 'reason' | 'message' | 'eventName' | 'holds' | 'part' | 'schema'
> & {
  readonly topic: string;
  readonly refusal: Pick<MetaError, 'status' | 'code' | 'subcode' | 'message'> | null;
};
