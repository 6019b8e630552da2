/** What requests of one size take. */
interface Latency {
  /** What they take just now, smoothed, in ms. */
  readonly nowMs: number;
  /** What they take when nothing queues, in ms. */
  readonly baselineMs: number;
}

/** How many requests of a lane may be under way at once, and what that is judged by. */
export interface ConcurrencyState {
  /** A fraction of one counts towards the next request. */
  readonly limit: number;
  /** By size of the request: small ones are quick for another reason than calm. */
  readonly latencies: Readonly<Record<number, Latency>>;
  /** What began before this moment has shrunk the limit already, Unix ms. */
  readonly shrunkAt: number;
  /** Percentage of the usage headers of the last answer. */
  readonly usage: number;
}

export interface ConcurrencyPolicy {
  /** The limit is never higher. */
  readonly most: number;
  /** From this percentage of a usage header on the lane slows down; at 100 it crawls. */
  readonly usageFrom: number;
}

/** How a request went. */
export interface RequestSample {
  readonly startedAt: number;
  readonly now: number;
  readonly events: number;
  /** A timeout, a reset, an error of the server, or a throttle. */
  readonly pressure: boolean;
  /** Requests under way when it was answered, itself included. */
  readonly underWay: number;
  readonly usage: number;
}

const FIRST_LIMIT = 4;

/** Weight of one answer in what requests take just now. */
const SMOOTHING = 0.25;
/** Requests may take so much longer than calm ones before that counts as queueing. */
const FLAT = 1.5;
/** What calm requests take creeps up by this share, so that a better past is forgotten. */
const CREEP = 0.002;
const AFTER_PRESSURE = 0.5;

export function startConcurrency({ most }: ConcurrencyPolicy): ConcurrencyState {
  return { limit: Math.min(FIRST_LIMIT, most), latencies: {}, shrunkAt: 0, usage: 0 };
}

/** After a lane stood still it begins with one request at a time. */
export function restarted(state: ConcurrencyState, now: number): ConcurrencyState {
  return { ...state, limit: 1, shrunkAt: now, usage: 0 };
}

/**
 * The limit after one more answer: additive increase while requests take no longer than calm ones
 * and the limit is in use; when they take longer, because they queue somewhere, down to where nothing
 * would queue, so that what calm requests take is seen again; half after pressure. One round of requests shrinks it once: what began before the last decrease says nothing
 * about the limit after it.
 *
 * Sources: Brakmo and Peterson, TCP Vegas (delay as the sign of queueing); Chiu and Jain, 1989
 * (additive increase with multiplicative decrease converges to equal shares).
 */
export function afterAnswer(
  state: ConcurrencyState,
  answer: RequestSample,
  policy: ConcurrencyPolicy,
): ConcurrencyState {
  const { startedAt, now, events, pressure, underWay, usage } = answer;
  const old = startedAt < state.shrunkAt;
  if (pressure) return old ? state : shrunk(state, AFTER_PRESSURE, now);
  const size = Math.floor(Math.log2(Math.max(events, 1)));
  const pace = paceAfter(state.latencies[size], now - startedAt);
  const next = { ...state, usage, paces: { ...state.latencies, [size]: pace } };
  if (pace.nowMs > pace.baselineMs * FLAT) {
    return old ? next : shrunk(next, Math.max(pace.baselineMs / pace.nowMs, AFTER_PRESSURE), now);
  }
  if (underWay < Math.floor(state.limit)) return next;
  return { ...next, limit: Math.min(state.limit + 1 / state.limit, policy.most) };
}

function paceAfter(before: Latency | undefined, tookMs: number): Latency {
  if (before === undefined) return { nowMs: tookMs, baselineMs: tookMs };
  const nowMs = before.nowMs + (tookMs - before.nowMs) * SMOOTHING;
  return { nowMs, baselineMs: Math.min(nowMs, before.baselineMs * (1 + CREEP)) };
}

function shrunk(state: ConcurrencyState, factor: number, now: number): ConcurrencyState {
  return { ...state, limit: Math.max(state.limit * factor, 1), shrunkAt: now };
}

/** How many requests may be under way now: high usage takes its share before an error does. */
export function requestsAllowed(state: ConcurrencyState, policy: ConcurrencyPolicy): number {
  return Math.max(Math.floor(state.limit * (1 - excess(state, policy))), 1);
}

/** The rest between two requests at full usage, in ms. */
const LONGEST_GAP_MS = 5000;

/** The rest between the starts of two requests in ms: none at low usage, then more and more. */
export function gapMs(state: ConcurrencyState, policy: ConcurrencyPolicy): number {
  return Math.round(excess(state, policy) ** 2 * LONGEST_GAP_MS);
}

/** How far usage is on its way from the threshold to 100 percent, 0 to 1. */
function excess({ usage }: ConcurrencyState, { usageFrom }: ConcurrencyPolicy): number {
  if (usage < usageFrom) return 0;
  return Math.min((usage - usageFrom) / Math.max(100 - usageFrom, 1), 1);
}
