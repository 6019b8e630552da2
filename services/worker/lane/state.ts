import {
  afterRequest,
  afterSuspectFailure,
  type BreakerPolicy,
  type BreakerState,
  CLOSED,
  trips,
} from '#core/delivery/breaker.ts';
import {
  afterAnswer,
  type ConcurrencyPolicy,
  type ConcurrencyState,
  gapMs,
  requestsAllowed,
  restarted,
  startConcurrency,
} from '#core/delivery/concurrency.ts';
import {
  type Halt,
  type HaltCause,
  type HaltPolicy,
  haltAfter,
  type Phase,
  phaseOf,
} from '#core/delivery/halt.ts';
import {
  afterAccepted,
  afterRejected,
  type BatchCounts,
  EMPTY_HISTORY,
  nearlyAllRejected,
  type RejectionHistory,
  type RejectionPolicy,
  rejectionReason,
} from '#core/delivery/rejections.ts';
import type { MetaError, Outcome } from '#core/outcome/answer.ts';
import type { LaneBoard, PostedHalt } from '#store/delivery/lane-board.ts';
import type { LaneObserver } from './observer.ts';

export interface LaneStateDeps {
  readonly pixelId: string;
  readonly board: LaneBoard;
  readonly policy: {
    readonly halt: HaltPolicy;
    readonly breaker: BreakerPolicy;
    readonly concurrency: ConcurrencyPolicy;
    readonly rejections: RejectionPolicy;
  };
  readonly observer: Pick<LaneObserver, 'onState' | 'onLimit'>;
  readonly onError: (error: Error) => void;
}

/** What was known of a lane when a request began. */
interface RequestStart {
  readonly startedAt: number;
  readonly phase: Phase;
  /** What the board said then. */
  readonly posted: PostedHalt | null;
}

/** How a request went, apart from its outcome. */
interface RequestStats {
  readonly events: number;
  readonly underWay: number;
  /** Percentage of the usage headers. */
  readonly usage: number;
  /** Whether its events may be the reason for a failure, which then says nothing of the lane. */
  readonly suspect: boolean;
}

/** Moments that differ by less are the same: they went through Redis and back. */
const SLACK_MS = 100;

/** Whether a lane may send, and how much at once, by its own outcomes and those of the whole fleet. */
export class LaneState {
  /** Requests that Meta has accepted. */
  acceptedRequests = 0;
  /** Why the lane is halted or probed; null while it is active. */
  halt: Halt | null = null;
  private posted: PostedHalt | null = null;
  /** Halts that are being written to the board. */
  private readonly posting = new Set<Promise<void>>();
  private breaker: BreakerState = CLOSED;
  private concurrency: ConcurrencyState;
  /** What Meta made of the last events. */
  private rejections: RejectionHistory = EMPTY_HISTORY;
  private readonly deps: LaneStateDeps;

  /** @param posted what the board says when the worker starts */
  constructor(deps: LaneStateDeps, posted: PostedHalt | null = null) {
    this.deps = deps;
    this.concurrency = startConcurrency(deps.policy.concurrency);
    deps.observer.onState('active', 'started');
    deps.observer.onLimit(this.allowed);
    this.onPosted(posted);
  }

  get phase(): Phase {
    return phaseOf(this.halt, Date.now());
  }

  /** How many requests may be under way. */
  get allowed(): number {
    return requestsAllowed(this.concurrency, this.deps.policy.concurrency);
  }

  /** The rest between the starts of two batches, in ms. */
  get gapMs(): number {
    return gapMs(this.concurrency, this.deps.policy.concurrency);
  }

  /** Applies what the board says. */
  onPosted(posted: PostedHalt | null): void {
    const known = posted?.version === this.posted?.version;
    this.posted = posted;
    if (!known || (posted === null && this.halt !== null)) this.enter(posted?.halt ?? null);
  }

  begin(): RequestStart {
    return { startedAt: Date.now(), phase: this.phase, posted: this.posted };
  }

  /** Applies the outcome of a request; when it resolves, the whole fleet knows what follows. */
  async onOutcome(outcome: Outcome, start: RequestStart, stats: RequestStats): Promise<void> {
    const { policy, observer } = this.deps;
    const { startedAt, phase } = start;
    const failed = outcome.kind === 'retry';
    if (failed && stats.suspect && phase === 'active') return;
    const pressure = failed || outcome.kind === 'throttled';
    const answer = { ...stats, startedAt, now: Date.now(), pressure };
    this.concurrency = afterAnswer(this.concurrency, answer, policy.concurrency);
    this.breaker = afterRequest(this.breaker, failed, policy.breaker);
    observer.onLimit(this.allowed);
    const last = phase === 'probing' || trips(this.breaker, policy.breaker);
    const cause = causeOf(outcome, last);
    if (cause !== null) await this.haltFor(cause);
    else if (!failed && phase === 'probing') await this.resume(outcome, start);
  }

  /** Applies the failure of a suspect that nothing else of the lane has contradicted. */
  async onSuspectFailed(outcome: Outcome): Promise<void> {
    this.breaker = afterSuspectFailure(this.breaker);
    const cause = causeOf(outcome, trips(this.breaker, this.deps.policy.breaker));
    if (cause !== null && this.phase === 'active') await this.haltFor(cause);
  }

  /** @param events of a request that Meta has accepted */
  onAccepted(events: number): void {
    this.acceptedRequests += 1;
    this.rejections = afterAccepted(this.rejections, events, this.deps.policy.rejections);
  }

  /** @returns true when nearly everything was rejected for this reason, lately and in this batch */
  onRejected(refusal: MetaError, batch: BatchCounts): boolean {
    const { rejections } = this.deps.policy;
    this.rejections = afterRejected(this.rejections, refusal, rejections);
    return (
      this.phase === 'active' && nearlyAllRejected(this.rejections, batch, refusal, rejections)
    );
  }

  /** Forgets what was rejected: Meta accepts other events, or the token is a new one. */
  resetRejections(): void {
    this.rejections = EMPTY_HISTORY;
  }

  /** Blocks the lane because nearly everything is rejected for one reason. */
  async block(refusal: MetaError): Promise<void> {
    this.resetRejections();
    const why = `nearly everything is refused with ${rejectionReason(refusal)}: ${refusal.message}`;
    await this.haltFor({ state: 'blocked', why, rejecting: true });
  }

  /**
   * Probes a blocked lane at once, after a reload: its cause may be fixed.
   * @param renewed whether the reload changed the token; then a lane that waits is probed as well
   */
  async reconsider(renewed: boolean): Promise<void> {
    // A halt that is still being written is older than the reload, and would halt the lane again.
    await Promise.all(this.posting);
    // Another worker may have reloaded first, and its probe may be under way.
    if (this.halt === null || this.halt.state === 'paused' || this.phase === 'probing') return;
    if (this.halt.state !== 'blocked' && !renewed) return;
    await this.post({ ...this.halt, turn: 1, until: Date.now() });
  }

  private async haltFor(cause: HaltCause): Promise<void> {
    const next = haltAfter(this.halt, cause, this.deps.policy.halt, Date.now());
    if (next === this.halt) return;
    await this.post(next);
    // Another worker was first: of two waits that Meta asked for, the longer one holds.
    const { halt } = this;
    if (cause.state !== 'throttled' || halt === null) return;
    if (halt.until < next.until - SLACK_MS) await this.post({ ...next, turn: halt.turn });
  }

  /** Takes effect here at once, and in the fleet when Redis has it. */
  private async post(next: Halt): Promise<void> {
    const { pixelId, board, onError } = this.deps;
    const before = this.posted;
    this.enter(next);
    const posted = board
      .halt(pixelId, before, next)
      .then((answer) => this.onPosted(answer))
      .catch(onError);
    this.posting.add(posted);
    await posted;
    this.posting.delete(posted);
  }

  /** A rejected probe does not end a halt for rejections. */
  private async resume(outcome: Outcome, { posted }: RequestStart): Promise<void> {
    const { pixelId, board, onError } = this.deps;
    if (this.halt?.rejecting === true && outcome.kind !== 'delivered') return;
    if (posted === null || this.posted?.version !== posted.version) return;
    try {
      if (await board.resume(pixelId, posted)) this.onPosted(null);
    } catch (error) {
      onError(error as Error);
    }
  }

  private enter(halt: Halt | null): void {
    const { observer } = this.deps;
    const before = this.halt;
    this.halt = halt;
    if (halt === null) this.breaker = CLOSED;
    else if (before === null) this.concurrency = restarted(this.concurrency, Date.now());
    if (halt !== null) observer.onState(halt.state, halt.why);
    else if (before !== null) observer.onState('active', 'requests are answered again');
    observer.onLimit(this.allowed);
  }
}

/**
 * Why a lane halts after an outcome; null when it does not.
 * @param last whether one more failure is one too many
 */
function causeOf(outcome: Outcome, last: boolean): HaltCause | null {
  switch (outcome.kind) {
    case 'throttled':
      return { state: 'throttled', why: outcome.refusal.message, waitMs: outcome.waitMs };
    case 'blocked':
      return { state: 'blocked', why: outcome.refusal.message, rejecting: false };
    case 'retry':
      return last ? { state: 'failing', why: outcome.refusal.message } : null;
    default:
      return null;
  }
}
