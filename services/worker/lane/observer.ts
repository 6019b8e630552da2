import type { DeadLetterReason } from '#core/dead-letter/dead-letter.ts';
import type { BatchTrigger } from '#core/delivery/batch.ts';
import type { HaltState } from '#core/delivery/halt.ts';
import type { GraphAnswer, Outcome } from '#core/outcome/answer.ts';
import type { SendableRecord } from '#core/record/record.ts';
import type { PoisonAction } from './poison.ts';

/** Why a lane stands still, or that it does not. */
export type LaneStateLabel = 'active' | HaltState;

/** Told what happens in a lane; nothing it is told is personal but the records, which it only counts. */
export interface LaneObserver {
  batch(events: number, trigger: BatchTrigger): void;
  requestStarted(): void;
  requestEnded(answer: GraphAnswer, seconds: number): void;
  /** Events of a batch that look like offenders, and that go in a request of their own. */
  screened(events: number): void;
  outcome(outcome: Outcome, records: readonly SendableRecord[]): void;
  /** So many events were held by a worker that vanished: perhaps Meta has them. */
  recovered(events: number): void;
  settled(
    envelopeId: string,
    delivered: number,
    dead: readonly DeadLetterReason[],
    retried: number,
  ): void;
  /** A settlement was refused: the envelope has become another one in Redis, with so many open events. */
  refused(envelopeId: string, open: number): void;
  state(state: LaneStateLabel, why: string): void;
  /** How many requests may be under way now. */
  limit(requests: number): void;
  /** An envelope could not be opened; it stays in the queue. */
  unreadable(envelopeId: string, why: string): void;
  /** An envelope was opened. */
  readable(): void;
  /** Workers vanished while they held this envelope; what is done with it now. */
  suspect(envelopeId: string, action: PoisonAction): void;
}
