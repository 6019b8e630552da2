import type { MetaError } from '../outcome/answer.ts';

/** When rejections are blamed on a setting rather than on the events. */
export interface RejectionPolicy {
  /** How many of the last judged events count. */
  readonly judged: number;
  /** If this share of them was rejected for one reason, that is nearly everything. */
  readonly share: number;
}

/** A lane's last events judged by Meta in this worker, oldest first: null for accepted, or the reason. */
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

/** The events of one batch that have been judged so far. */
export interface BatchCounts {
  readonly accepted: number;
  readonly rejected: number;
}

/**
 * Whether nearly everything was rejected for this reason, both recently and in this batch. Then a
 * setting, the token's scope or the mapping is wrong, and isolating the events one by one would turn a
 * day of them into dead letters.
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

/** Meta's code and subcode, which identify a reason. */
export function rejectionReason({ status, code, subcode }: MetaError): string {
  return `${code ?? `HTTP ${status}`}/${subcode ?? '-'}`;
}
