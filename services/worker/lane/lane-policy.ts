import type { BreakerPolicy } from '#core/delivery/breaker.ts';
import type { ConcurrencyPolicy } from '#core/delivery/concurrency.ts';
import type { HaltCause, HaltPolicy, Phase } from '#core/delivery/halt.ts';
import type { Outcome } from '#core/outcome/answer.ts';
import type { PostedHalt } from '#store/delivery/lane-board.ts';

export interface LanePolicy {
  readonly halt: HaltPolicy;
  readonly breaker: BreakerPolicy;
  readonly concurrency: ConcurrencyPolicy;
}

/** What was known of a lane when a request began. */
export interface RequestStart {
  readonly startedAt: number;
  readonly phase: Phase;
  /** What stood on the board then. */
  readonly seen: PostedHalt | null;
}

/** How a request went, beside its outcome. */
export interface RequestStats {
  readonly events: number;
  readonly underWay: number;
  /** Percentage of the usage headers. */
  readonly usage: number;
  /** Whether its events may be why it failed; then nothing follows for the lane. */
  readonly suspect: boolean;
}

/**
 * Why a lane stands still after an answer; null when it does not.
 * @param ends whether one more failure is one too many
 */
export function causeOf(outcome: Outcome, ends: boolean): HaltCause | null {
  switch (outcome.kind) {
    case 'throttled':
      return { state: 'throttled', why: outcome.refusal.message, waitMs: outcome.waitMs };
    case 'blocked':
      return { state: 'blocked', why: outcome.refusal.message, rejecting: false };
    case 'retry':
      return ends ? { state: 'failing', why: outcome.refusal.message } : null;
    default:
      return null;
  }
}
