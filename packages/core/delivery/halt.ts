/** Why the lane of a pixel stands still. */
export const HALT_STATES = ['throttled', 'blocked', 'failing'] as const;
export type HaltState = (typeof HALT_STATES)[number];

/** A lane that stands still in every worker, until the request that probes it is answered well. */
export interface Halt {
  readonly state: HaltState;
  /** In words for a person; nothing personal. */
  readonly why: string;
  /** True when the lane is blocked because nearly everything was rejected for one reason. */
  readonly rejecting: boolean;
  /** How often it was halted without an answer in between that opened it; at least 1. */
  readonly turn: number;
  /** When it is probed, Unix ms. */
  readonly until: number;
}

/** What makes a lane stand still. `waitMs` is what Meta asked for, null where it did not say. */
export type HaltCause =
  | { readonly state: 'throttled'; readonly why: string; readonly waitMs: number | null }
  | { readonly state: 'blocked'; readonly why: string; readonly rejecting: boolean }
  | { readonly state: 'failing'; readonly why: string };

/** How long a lane stands still, in ms. */
export interface HaltPolicy {
  /** Where Meta throttles and does not say how long; it doubles each time. */
  readonly throttleMs: number;
  /** The shortest wait where Meta throttles, whatever it says; it doubles each time too. */
  readonly leastThrottleMs: number;
  /** Between the probes of a blocked lane. */
  readonly probeMs: number;
  /** After the first failures; it doubles each time. */
  readonly failingMs: number;
  /** No wait that doubles is longer. */
  readonly capMs: number;
}

/** `active`: requests flow. `halted`: nothing is sent. `probing`: one small request decides. */
export type Phase = 'active' | 'halted' | 'probing';

export function phaseOf(halt: Halt | null, now: number): Phase {
  if (halt === null) return 'active';
  return halt.until > now ? 'halted' : 'probing';
}

/**
 * How a lane stands still after one more answer that asks for it.
 *
 * While it stands still already, answers of requests that were under way may only make the wait
 * longer: the longest that anybody asked for holds for the whole fleet. An answer to a probe begins
 * the next turn. Waits that nobody has stated grow with each turn, and so does the shortest one:
 * `retry-after: 0` must not let one probe follow the other without a rest.
 *
 * @param now Unix ms
 */
export function haltAfter(
  previous: Halt | null,
  cause: HaltCause,
  policy: HaltPolicy,
  now: number,
): Halt {
  const standing = phaseOf(previous, now) === 'halted';
  const turn = (previous?.turn ?? 0) + (standing ? 0 : 1);
  const until = now + waitOf(cause, policy, Math.max(turn, 1));
  if (previous !== null && standing && until <= previous.until) return previous;
  const { state, why } = cause;
  const rejecting = cause.state === 'blocked' && cause.rejecting;
  return { state, why, rejecting, turn: Math.max(turn, 1), until };
}

function waitOf(cause: HaltCause, policy: HaltPolicy, turn: number): number {
  switch (cause.state) {
    case 'throttled':
      return cause.waitMs === null
        ? growing(policy.throttleMs, policy.capMs, turn)
        : Math.max(cause.waitMs, growing(policy.leastThrottleMs, policy.capMs, turn));
    case 'blocked':
      return policy.probeMs;
    case 'failing':
      return growing(policy.failingMs, policy.capMs, turn);
  }
}

/** A first wait that is longer than the cap stays as it is. */
function growing(firstMs: number, capMs: number, turn: number): number {
  return Math.min(firstMs * 2 ** (turn - 1), Math.max(capMs, firstMs));
}

/**
 * How many events the request that probes a lane holds. Where the lane fails it is half as many after
 * each probe that failed, down to one: what failed may be one of the events, and not the lane.
 *
 * @param most events of the first probe
 */
export function probeSize(halt: Halt | null, most: number): number {
  if (halt === null || halt.state !== 'failing') return most;
  return Math.max(Math.floor(most / 2 ** (halt.turn - 1)), 1);
}

/**
 * A batch as its probe and the rest of it. The probe comes from another place each time, so that one
 * event that always fails cannot keep the lane halted.
 *
 * @param random in [0, 1)
 */
export function drawProbe<T>(
  events: readonly T[],
  size: number,
  random: number,
): readonly (readonly T[])[] {
  const from = Math.floor(random * Math.max(events.length - size + 1, 1));
  return [
    events.slice(from, from + size),
    [...events.slice(0, from), ...events.slice(from + size)],
  ];
}
