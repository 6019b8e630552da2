import { MAPPING_FAILED, REJECT_REASONS } from '../mapping/mapping-result.ts';
import type { MetaError } from '../outcome/answer.ts';

/** Where an event died. */
export const DEAD_LETTER_STAGES = ['ingest', 'worker'] as const;
export type DeadLetterStage = (typeof DEAD_LETTER_STAGES)[number];

/**
 * Why an event will not be sent as things stand: refused by the mapping, refused by Meta, tried until
 * no attempt was left, or in an envelope that ended one worker after another.
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

/** Stage → the reasons for which events die there. */
export const REASONS_BY_STAGE: Readonly<Record<DeadLetterStage, readonly DeadLetterReason[]>> = {
  ingest: DEAD_LETTER_REASONS.filter((reason) => !WORKER_ONLY.includes(reason)),
  worker: ['too_old', 'too_large', ...WORKER_ONLY],
};

/** Where in Kafka the Track event was read. */
export interface KafkaCoordinates {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Unix ms. */
  readonly timestamp: number;
}

/** The searchable part of a dead letter before it is written. It is sealed apart from the event itself. */
export interface DeathFacts {
  /** Null when the message could not be read far enough to know its pixel. */
  readonly pixelId: string | null;
  readonly stage: DeadLetterStage;
  readonly reason: DeadLetterReason;
  readonly message: string;
  readonly kafka: KafkaCoordinates;
  /** Unix ms. */
  readonly diedAt: number;
  /** Unix seconds after which Meta will not take it any more; null when its time is not known. */
  readonly horizon: number | null;
  readonly eventName: string | null;
  readonly eventId: string | null;
  /** How often it was sent, since its last replay if it had one. */
  readonly attempts: number;
  /** How often it was put back into the queue, or judged anew and refused again. */
  readonly replays: number;
  /** Meta's own words, for what Meta refused. */
  readonly refusal: MetaError | null;
  /** True when Meta may have taken it all the same: its last answer never came. */
  readonly unknown: boolean;
  /** What is sealed: the Kafka message as it was, or the record of a normalised event. */
  readonly holds: 'message' | 'record';
  /**
   * How many bytes the message's value has, where only its first part is kept: such an event is not
   * whole, so that it cannot be sent from here. Its original is where `kafka` says.
   */
  readonly truncatedFrom?: number | undefined;
}

/** The searchable part of a dead letter as it is kept. */
export interface DeadLetterFacts extends DeathFacts {
  /**
   * Its own for as long as it stays dead. One that was replayed and died again has another one: what
   * names an event across its lives is `eventId`, and where it stands in Kafka.
   */
  readonly id: string;
}

/** What dead letters have in common that died of one cause; numbers in the words may be left out. */
export type SharedFacts = Pick<
  DeathFacts,
  'pixelId' | 'stage' | 'reason' | 'message' | 'eventName' | 'holds'
> & {
  readonly topic: string;
  readonly refusal: Pick<MetaError, 'status' | 'code' | 'subcode' | 'message'> | null;
};
