import type { MetaError } from '../outcome/answer.ts';

/** When refusals are called the fault of a setting rather than of events. */
export interface RejectionPolicy {
  /** So many of the last events that were judged are looked at. */
  readonly judged: number;
  /** This share of them refused, all for the same reason, is nearly everything. */
  readonly share: number;
}

/** The last events of a lane that Meta judged in this worker, oldest first: null, or why it refused. */
export type Judged = readonly (string | null)[];

export const NOTHING_JUDGED: Judged = [];

export function afterAccepted(judged: Judged, events: number, policy: RejectionPolicy): Judged {
  const accepted = new Array<null>(Math.min(events, policy.judged)).fill(null);
  return [...judged, ...accepted].slice(-policy.judged);
}

export function afterRefused(judged: Judged, refusal: MetaError, policy: RejectionPolicy): Judged {
  return [...judged, reasonOf(refusal)].slice(-policy.judged);
}

/** What became of the events of one batch so far. */
export interface Tally {
  readonly accepted: number;
  readonly refused: number;
}

/**
 * Whether nearly everything was refused for this reason, lately and in this batch. Then it is a
 * setting, the token's scope or the mapping that is wrong, and to bury events one by one would bury
 * a day of them.
 */
export function nearlyAll(
  judged: Judged,
  { accepted, refused }: Tally,
  refusal: MetaError,
  policy: RejectionPolicy,
): boolean {
  if (judged.length < policy.judged || refused < policy.share * (accepted + refused)) return false;
  const reason = reasonOf(refusal);
  return judged.filter((each) => each === reason).length >= policy.share * judged.length;
}

/** Meta's code and subcode: what is refused for the same reason has the same. */
export function reasonOf({ status, code, subcode }: MetaError): string {
  return `${code ?? `HTTP ${status}`}/${subcode ?? '-'}`;
}
