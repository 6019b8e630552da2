/*
 * When a replay waits, and when it stops by itself. Stopped is not lost: what was not put back stays
 * dead, and the replay can be resumed.
 */

/** What became of the events that a replay has put back into the queue. */
export interface ReplayOutcomes {
  /** Put back. */
  readonly queued: number;
  readonly delivered: number;
  /** Dead again. */
  readonly died: number;
}

interface SafetyLimits {
  /** How many are put back first, before anything else; 0 for none. */
  readonly canary: number;
  /** The share of those answered that may die again. */
  readonly stopAbove: number;
}

/** How many are under way. */
export function inFlight({ queued, delivered, died }: ReplayOutcomes): number {
  return Math.max(queued - delivered - died, 0);
}

/** So few answers say nothing about a share. */
const FEWEST_ANSWERS = 20;

/** The most that are under way at once: a failure hits no more than these. */
const MOST_IN_FLIGHT = 5000;

export type GoAhead =
  | { readonly kind: 'go' }
  /** For what. */
  | { readonly kind: 'wait'; readonly why: 'canary' | 'answers' }
  /** Why, for people. */
  | { readonly kind: 'stop'; readonly why: string };

/** Whether the next ones may be put back. */
export function goAhead(outcomes: ReplayOutcomes, { canary, stopAbove }: SafetyLimits): GoAhead {
  const { queued, delivered, died } = outcomes;
  const answers = delivered + died;
  const isCanary = queued >= canary && answers < canary;
  if (canary > 0 && isCanary && inFlight(outcomes) > 0) return { kind: 'wait', why: 'canary' };
  const enough = answers >= FEWEST_ANSWERS || (canary > 0 && answers >= canary);
  if (enough && died > stopAbove * answers) {
    const who = answers <= canary ? 'the canary' : 'too many';
    const share = `${died} of ${answers} died again, more than ${percent(stopAbove)}`;
    return { kind: 'stop', why: `${who} failed: ${share}` };
  }
  if (inFlight(outcomes) >= MOST_IN_FLIGHT) return { kind: 'wait', why: 'answers' };
  return { kind: 'go' };
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
