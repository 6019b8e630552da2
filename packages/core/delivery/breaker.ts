/** When a lane counts as failing. */
export interface BreakerPolicy {
  /** After this many failures in a row. */
  readonly failures: number;
  /** Or when this share of the last requests failed … */
  readonly share: number;
  /** … among this many. */
  readonly requests: number;
}

/** The results of a lane's last requests in this worker. */
export interface BreakerState {
  readonly inARow: number;
  /** The last requests, oldest first; true for a failure. */
  readonly recent: readonly boolean[];
}

export const CLOSED: BreakerState = { inARow: 0, recent: [] };

/**
 * The state after one more request. A timeout, a reset or a server error is a failure; a rejection of
 * the events themselves is not.
 */
export function afterRequest(
  state: BreakerState,
  failed: boolean,
  policy: BreakerPolicy,
): BreakerState {
  return {
    inARow: failed ? state.inARow + 1 : 0,
    recent: [...state.recent, failed].slice(-policy.requests),
  };
}

/**
 * The state after a request failed whose own events may be the cause. While other requests of the lane
 * succeed, it does not count.
 */
export function afterSuspectFailure(state: BreakerState): BreakerState {
  return { ...state, inARow: state.inARow + 1 };
}

/** Whether the lane must halt. */
export function trips({ inARow, recent }: BreakerState, policy: BreakerPolicy): boolean {
  if (inARow >= policy.failures) return true;
  if (recent.length < policy.requests) return false;
  return recent.filter(Boolean).length >= policy.share * recent.length;
}
