import type { MetaError } from '../outcome/answer.ts';

/** When refusals are called the fault of a setting rather than of events. */
export interface RejectionPolicy {
  /** So many of the last events that were judged are looked at. */
  readonly judged: number;
  /** This share of them refused, all for the same reason, is nearly everything. */
  readonly share: number;
}

/** The last events of a lane that Meta judged in this worker, oldest first: null, or why it refused. */
export type RejectionHistory = readonly (string | null)[];

export const EMPTY_HISTORY: RejectionHistory = [];

export function afterAccepted(
  judged: RejectionHistory,
  events: number,
  policy: RejectionPolicy,
): RejectionHistory {
  const accepted = new Array<null>(Math.min(events, policy.judged)).fill(null);
  return [...judged, ...accepted].slice(-policy.judged);
}

export function afterRejected(
  judged: RejectionHistory,
  refusal: MetaError,
  policy: RejectionPolicy,
): RejectionHistory {
  return [...judged, rejectionReason(refusal)].slice(-policy.judged);
}

/** What became of the events of one batch so far. */
export interface BatchCounts {
  readonly accepted: number;
  readonly rejected: number;
}

/**
 * Whether nearly everything was refused for this reason, lately and in this batch. Then it is a
 * setting, the token's scope or the mapping that is wrong, and to bury events one by one would bury
 * a day of them.
 */
export function nearlyAllRejected(
  judged: RejectionHistory,
  { accepted, rejected }: BatchCounts,
  refusal: MetaError,
  policy: RejectionPolicy,
): boolean {
  if (judged.length < policy.judged || rejected < policy.share * (accepted + rejected))
    return false;
  const reason = rejectionReason(refusal);
  return judged.filter((each) => each === reason).length >= policy.share * judged.length;
}

/** Meta's code and subcode: what is refused for the same reason has the same. */
export function rejectionReason({ status, code, subcode }: MetaError): string {
  return `${code ?? `HTTP ${status}`}/${subcode ?? '-'}`;
}
