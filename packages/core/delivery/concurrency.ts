/** How long requests of one size take. */
interface Latency {
  /** Now, smoothed, in ms. */
  readonly nowMs: number;
  /** When nothing queues, in ms. */
  readonly baselineMs: number;
}

/** How many requests of a lane may be in flight at once, and what that decision is based on. */
export interface ConcurrencyState {
  /** A fraction of one counts towards the next request. */
  readonly limit: number;
  /** By request size: small requests are fast because they are small, not because nothing queues. */
  readonly latencies: Readonly<Record<number, Latency>>;
  /** Requests that began before this moment have shrunk the limit already, Unix ms. */
  readonly shrunkAt: number;
  /** Percentage of the usage headers of the last answer. */
  readonly usage: number;
}

export interface ConcurrencyPolicy {
  /** The limit never exceeds this. */
  readonly most: number;
  /** From this percentage of a usage header the lane slows down; at 100 it crawls. */
  readonly usageFrom: number;
}

/** One request and its answer. */
export interface RequestSample {
  readonly startedAt: number;
  readonly now: number;
  readonly events: number;
  /** A timeout, a reset, a server error, or a throttle. */
  readonly pressure: boolean;
  /** Requests in flight when it was answered, itself included. */
  readonly underWay: number;
  readonly usage: number;
}

const FIRST_LIMIT = 4;

/** Weight of one answer in the current latency. */
const SMOOTHING = 0.25;
/** Latency above the baseline times this counts as queueing. */
const QUEUEING = 1.5;
/** The baseline rises by this share with each answer, so that an outdated one is forgotten. */
const BASELINE_DRIFT = 0.002;
const AFTER_PRESSURE = 0.5;

export function startConcurrency({ most }: ConcurrencyPolicy): ConcurrencyState {
  return { limit: Math.min(FIRST_LIMIT, most), latencies: {}, shrunkAt: 0, usage: 0 };
}

/** After a halt a lane restarts with one request at a time. */
export function restarted(state: ConcurrencyState, now: number): ConcurrencyState {
  return { ...state, limit: 1, shrunkAt: now, usage: 0 };
}

/**
 * The limit after one more answer: AIMD driven by latency. It grows by 1/limit while latency stays
 * near its baseline and the limit is in use; when latency rises, it shrinks to the limit that removes
 * queueing, so that the baseline is measured again; it halves on pressure. One round of requests
 * shrinks it once: requests that began before the last decrease say nothing about the limit after it.
 *
 * Sources: Brakmo and Peterson, TCP Vegas (delay as the sign of queueing); Chiu and Jain, 1989
 * (additive increase with multiplicative decrease converges to equal shares).
 */
export function afterAnswer(
  state: ConcurrencyState,
  sample: RequestSample,
  policy: ConcurrencyPolicy,
): ConcurrencyState {
  const { startedAt, now, events, pressure, underWay, usage } = sample;
  const old = startedAt < state.shrunkAt;
  if (pressure) return old ? state : shrunk(state, AFTER_PRESSURE, now);
  const size = Math.floor(Math.log2(Math.max(events, 1)));
  const latency = latencyAfter(state.latencies[size], now - startedAt);
  const { nowMs, baselineMs } = latency;
  const latencies = { ...state.latencies, [size]: latency };
  const next: ConcurrencyState = { ...state, usage, latencies };
  if (nowMs > baselineMs * QUEUEING) {
    return old ? next : shrunk(next, Math.max(baselineMs / nowMs, AFTER_PRESSURE), now);
  }
  if (underWay < Math.floor(state.limit)) return next;
  return { ...next, limit: Math.min(state.limit + 1 / state.limit, policy.most) };
}

function latencyAfter(before: Latency | undefined, tookMs: number): Latency {
  if (before === undefined) return { nowMs: tookMs, baselineMs: tookMs };
  const nowMs = before.nowMs + (tookMs - before.nowMs) * SMOOTHING;
  return { nowMs, baselineMs: Math.min(nowMs, before.baselineMs * (1 + BASELINE_DRIFT)) };
}

function shrunk(state: ConcurrencyState, factor: number, now: number): ConcurrencyState {
  return { ...state, limit: Math.max(state.limit * factor, 1), shrunkAt: now };
}

/** How many requests may be in flight now: high usage lowers the number before an error does. */
export function requestsAllowed(state: ConcurrencyState, policy: ConcurrencyPolicy): number {
  return Math.max(Math.floor(state.limit * (1 - excess(state, policy))), 1);
}

/** The gap between two requests at full usage, in ms. */
const LONGEST_GAP_MS = 5000;

/** The gap between the starts of two requests in ms: none at low usage, then growing. */
export function gapMs(state: ConcurrencyState, policy: ConcurrencyPolicy): number {
  return Math.round(excess(state, policy) ** 2 * LONGEST_GAP_MS);
}

/** Where usage stands between the threshold and 100 percent, 0 to 1. */
function excess({ usage }: ConcurrencyState, { usageFrom }: ConcurrencyPolicy): number {
  if (usage < usageFrom) return 0;
  return Math.min((usage - usageFrom) / Math.max(100 - usageFrom, 1), 1);
}
