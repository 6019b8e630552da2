/** Why the lane of a pixel is halted. */
export const HALT_STATES = ['throttled', 'blocked', 'failing', 'paused'] as const;
export type HaltState = (typeof HALT_STATES)[number];

/** A person has paused a lane. */
export interface Pause {
  /** The person, as the audit trail names them. */
  readonly by: string;
  /** Unix ms. */
  readonly at: number;
  readonly reason: string | null;
}

/** A lane that is halted in every worker: a paused one until a person resumes it, others until a probe succeeds. */
export interface Halt {
  readonly state: HaltState;
  /** A message for people, without personal data. */
  readonly why: string;
  /** True when the lane is blocked because nearly everything was rejected for one reason. */
  readonly rejecting: boolean;
  /** How often it was halted in a row, without becoming active in between; at least 1. */
  readonly turn: number;
  /** When the next probe is due, Unix ms. */
  readonly until: number;
  /** Given when the lane is paused. */
  readonly pause?: Pause | undefined;
}

/** What halts a lane. `waitMs` is the wait that Meta requested; null where it did not say. */
export type HaltCause =
  | { readonly state: 'throttled'; readonly why: string; readonly waitMs: number | null }
  | { readonly state: 'blocked'; readonly why: string; readonly rejecting: boolean }
  | { readonly state: 'failing'; readonly why: string };

/** How long a lane is halted, in ms. */
export interface HaltPolicy {
  /** When Meta throttles and does not say for how long; doubles each time. */
  readonly throttleMs: number;
  /** The minimum when Meta throttles, whatever it says; doubles each time. */
  readonly leastThrottleMs: number;
  /** Between the probes of a blocked lane. */
  readonly probeMs: number;
  /** After the first failures; doubles each time. */
  readonly failingMs: number;
  /** The maximum of a wait that doubles. */
  readonly capMs: number;
}

/** `active`: requests flow. `halted`: nothing is sent. `probing`: one small request decides. */
export type Phase = 'active' | 'halted' | 'probing';

export function phaseOf(halt: Halt | null, now: number): Phase {
  if (halt === null) return 'active';
  if (halt.state === 'paused') return 'halted';
  return halt.until > now ? 'halted' : 'probing';
}

/**
 * The halt after one more answer that requires one.
 *
 * While the lane is halted already, answers to requests in flight can only extend the wait: the longest
 * requested wait applies to the whole fleet. An answer to a probe starts the next turn. Waits that Meta
 * does not state grow with each turn, and so does the minimum: `retry-after: 0` must not let probes
 * follow each other without a pause. Nothing that Meta answers ends or changes what a person has paused.
 *
 * @param now Unix ms
 */
export function haltAfter(
  previous: Halt | null,
  cause: HaltCause,
  policy: HaltPolicy,
  now: number,
): Halt {
  if (previous?.state === 'paused') return previous;
  const standing = phaseOf(previous, now) === 'halted';
  const turn = (previous?.turn ?? 0) + (standing ? 0 : 1);
  const until = now + waitOf(cause, policy, Math.max(turn, 1));
  if (previous !== null && standing && until <= previous.until) return previous;
  const { state, why } = cause;
  const rejecting = cause.state === 'blocked' && cause.rejecting;
  return { state, why, rejecting, turn: Math.max(turn, 1), until };
}

/** Further than any clock is wrong: when a paused lane would be probed by a release that knows no pauses. */
const PAUSED_UNTIL = Date.UTC(2100, 0, 1);

/** @param before the halt that the pause takes the place of: what its probe finds counts as before */
export function haltOfPause(pause: Pause, before: Halt | null): Halt {
  const rejecting = before?.rejecting ?? false;
  const why = pauseWords(pause);
  return { state: 'paused', why, rejecting, turn: 1, until: PAUSED_UNTIL, pause };
}

/** `paused by ana@ops since 2026-11-28 03:20 UTC: the catalogue is wrong`. */
function pauseWords({ by, at, reason }: Pause): string {
  const since = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  return `paused by ${by} since ${since} UTC${reason === null ? '' : `: ${reason}`}`;
}

/** Some messages of Meta end with a full stop, others do not. */
export function withoutFullStop(message: string): string {
  return message.replace(/(?<![.\s])[.\s]+$/, '');
}

/** `blocked (the token is dead)`; of a paused lane, who paused it says it all. */
export function haltWords({ state, why }: Pick<Halt, 'state' | 'why'>): string {
  const reason = withoutFullStop(why);
  return state === 'paused' ? reason : `${state} (${reason})`;
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
 * How many events a probe holds. In a failing lane the number halves with each failed probe, down to
 * one: the cause may be one of the events rather than the lane.
 *
 * @param most events of the first probe
 */
export function probeSize(halt: Halt | null, most: number): number {
  if (halt === null || halt.state !== 'failing') return most;
  return Math.max(Math.floor(most / 2 ** (halt.turn - 1)), 1);
}

/**
 * Splits a batch into its probe and the rest. The probe comes from a random position, so that one event
 * that always fails cannot keep the lane halted.
 *
 * @param random in [0, 1)
 */
export function drawProbe<T>(
  events: readonly T[],
  size: number,
  random: number,
): readonly (readonly T[])[] {
  const from = Math.floor(random * Math.max(events.length - size + 1, 1));
  return [events.slice(from, from + size), events.toSpliced(from, size)];
}
