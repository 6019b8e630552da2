/** When a lane counts as failing. */
export interface BreakerPolicy {
  /** So many failures in a row. */
  readonly failures: number;
  /** Or this share of the last requests … */
  readonly share: number;
  /** … of which there are so many. */
  readonly requests: number;
}

/** How the last requests of a lane went, in this worker. */
export interface BreakerState {
  readonly inARow: number;
  /** The last requests, oldest first; true for a failure. */
  readonly recent: readonly boolean[];
}

export const CLOSED: BreakerState = { inARow: 0, recent: [] };

/**
 * What is known after one more request. A failure is a request without a good answer: a timeout, a
 * reset, an error of the server. A refusal of the events themselves is a good answer.
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
 * What is known after a suspect failed, for which its own events may be to blame. As long as others
 * of the lane are answered well it counts for nothing.
 */
export function afterSuspectFailure(state: BreakerState): BreakerState {
  return { ...state, inARow: state.inARow + 1 };
}

/** Whether the lane is to stand still: another request would hear the same. */
export function trips({ inARow, recent }: BreakerState, policy: BreakerPolicy): boolean {
  if (inARow >= policy.failures) return true;
  if (recent.length < policy.requests) return false;
  return recent.filter(Boolean).length >= policy.share * recent.length;
}
