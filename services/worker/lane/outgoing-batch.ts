import type { BatchTrigger } from '#core/delivery/batch.ts';
import type { FailedEnvelope } from '#core/delivery/poison.ts';
import type { MetaError, Outcome } from '#core/outcome/answer.ts';
import type { SendableRecord } from '#core/record/record.ts';

/** Events that go to Meta together, in one request unless that is rejected. */
export interface OutgoingBatch {
  readonly records: readonly SendableRecord[];
  readonly trigger: BatchTrigger;
  /**
   * Given for events that have failed before: a failure may be due to one of them whenever it is sent,
   * so the batch is bisected as well, as long as the lane delivers others.
   */
  readonly suspect: FailedEnvelope | null;
  /**
   * Settles what was accepted since the last call; the next request waits for it.
   * @returns events that another worker sends now
   */
  confirm(accepted: readonly SendableRecord[]): Promise<readonly SendableRecord[]>;
}

/** An outcome after which the events are sent again, and an attempt counts. */
export type Retry = Outcome & { readonly kind: 'retry' };

/**
 * What became of one event.
 * - `expired`: its horizon passed before it was sent.
 * - `retry`: it failed; `alone` when no other event was in its request.
 * - `held`: not sent, or the lane halted afterwards; costs no attempt. `deferMs`: requeue delay, null
 *   where the envelope keeps its place.
 */
export type EventResult =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'rejected'; readonly tooLarge: boolean; readonly refusal: MetaError }
  | { readonly kind: 'retry'; readonly outcome: Retry; readonly alone: boolean }
  | { readonly kind: 'held'; readonly deferMs: number | null };

/** How many events are delivered, how many are dead, and how many are sent later. */
export function countResults(results: readonly EventResult[]) {
  const counts = { delivered: 0, dead: 0, later: 0 };
  for (const { kind } of results) {
    if (kind === 'delivered') counts.delivered += 1;
    else if (kind === 'rejected' || kind === 'expired') counts.dead += 1;
    else counts.later += 1;
  }
  return counts;
}
