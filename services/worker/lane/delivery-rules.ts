import type { BatchCounts } from '#core/delivery/rejections.ts';
import type { MetaError, Outcome } from '#core/outcome/answer.ts';
import type { SendableRecord } from '#core/record/record.ts';

/** An outcome after which events are still to be sent, and an attempt counts. */
export type Retry = Outcome & { readonly kind: 'retry' };

/** An outcome by which Meta refuses the events themselves. */
export type Rejection = Outcome & { readonly kind: 'rejected' };

/** Whether the events may be why a request failed: not where it never reached anybody. */
export function mayBeToBlame({ unknown, refusal }: Retry): boolean {
  return unknown || refusal.status > 0;
}

/**
 * What became of one event. `retry`: it failed, `alone` when no other event was in its request. `expired`: its horizon passed before it was sent. `held`: it was not
 * sent, or its lane stands still since; no attempt counts. `behindMs` is how long others go first, null where it keeps its place.
 */
export type EventResult =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'rejected'; readonly tooLarge: boolean; readonly refusal: MetaError }
  | { readonly kind: 'retry'; readonly outcome: Retry; readonly alone: boolean }
  | { readonly kind: 'held'; readonly behindMs: number | null };

/** How many events are delivered, how many are dead, and how many are to be sent later. */
export interface FateCounts {
  readonly delivered: number;
  readonly dead: number;
  readonly later: number;
}

export function countResults(fates: readonly EventResult[]): FateCounts {
  const counts = { delivered: 0, dead: 0, later: 0 };
  for (const { kind } of fates) {
    if (kind === 'delivered') counts.delivered += 1;
    else if (kind === 'rejected' || kind === 'expired') counts.dead += 1;
    else counts.later += 1;
  }
  return counts;
}

/** The lane as a delivery sees it. */
export interface DeliveryRules {
  /** Whether the horizon of an event has passed, or all but. */
  tooLate(record: SendableRecord): boolean;
  /** The portions that are sent one after another; the first may be a small one that probes. */
  divide(records: readonly SendableRecord[]): readonly (readonly SendableRecord[])[];
  /** Parts of a portion that go in requests of their own: what looks like offenders goes apart. */
  separate(records: readonly SendableRecord[]): readonly (readonly SendableRecord[])[];
  /**
   * Sends one request; null when the lane stands still, and nothing was sent.
   * @param suspect true when a failure may be the fault of these events, and says nothing of the lane
   */
  send(records: readonly SendableRecord[], suspect: boolean): Promise<Outcome | null>;
  /** How many requests of the lane Meta has accepted so far, those of other batches included. */
  deliveries(): number;
  /** Notes that a suspect failed, and perhaps the lane: nothing else of it was accepted since. */
  failed(outcome: Retry): Promise<void>;
  /** In [0, 1). */
  random(): number;
  accepted(records: readonly SendableRecord[]): void;
  /**
   * Settles what was accepted since the last time; the next request waits for it.
   * @returns events that are no longer this worker's to send
   */
  confirm(accepted: readonly SendableRecord[]): Promise<readonly SendableRecord[]>;
  /** Notes that an event was refused alone; true when nearly everything was, lately and in this batch. */
  refused(
    record: SendableRecord,
    rejection: Pick<Rejection, 'refusal' | 'field'>,
    batch: BatchCounts,
  ): boolean;
  /** Meta takes other events: what was refused before is not the lane's fault. */
  reassured(): void;
  /** Blocks the lane, because nearly everything is refused. */
  block(refusal: MetaError): Promise<void>;
  /** Whether the lane is blocked because nearly everything was refused, and this only probes it. */
  doubtful(): boolean;
  /** Whether the lane stands still now. */
  halted(): boolean;
  behindMs(): number | null;
}
