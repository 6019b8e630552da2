import {
  afterRequest,
  afterSuspectFailure,
  type BreakerState,
  CLOSED,
  trips,
} from '#core/delivery/breaker.ts';
import {
  afterAnswer,
  type ConcurrencyState,
  gapMs,
  requestsAllowed,
  restarted,
  startConcurrency,
} from '#core/delivery/concurrency.ts';
import { type Halt, type HaltCause, haltAfter, type Phase, phaseOf } from '#core/delivery/halt.ts';
import type { Outcome } from '#core/outcome/answer.ts';
import type { LaneBoard, PostedHalt } from '#store/delivery/lane-board.ts';
import type { Pace } from './batcher.ts';
import { causeOf, type LanePolicy, type RequestStart, type RequestStats } from './lane-policy.ts';
import type { LaneObserver } from './observer.ts';

export interface LaneStateDeps {
  readonly pixelId: string;
  readonly board: LaneBoard;
  readonly policy: LanePolicy;
  readonly observer: LaneObserver;
  readonly onError: (error: Error) => void;
}

/** Moments that are closer than this are the same: they went through Redis and back. */
const SLACK_MS = 100;

/** Whether a lane may send, and how much at once: what its own answers and the fleet's say. */
export class LaneState implements Pace {
  private halt: Halt | null = null;
  private posted: PostedHalt | null = null;
  /** Halts on their way to the board. */
  private readonly posting = new Set<Promise<void>>();
  private breaker: BreakerState = CLOSED;
  private pace: ConcurrencyState;
  private readonly options: LaneStateDeps;

  constructor(options: LaneStateDeps) {
    this.options = options;
    this.pace = startConcurrency(options.policy.concurrency);
  }

  get phase(): Phase {
    return phaseOf(this.halt, Date.now());
  }

  /** The halt under which the lane stands still or is probed. */
  get standing(): Halt | null {
    return this.halt;
  }

  get allowed(): number {
    return requestsAllowed(this.pace, this.options.policy.concurrency);
  }

  get gapMs(): number {
    return gapMs(this.pace, this.options.policy.concurrency);
  }

  /** Takes up what the board says when the worker begins. */
  start(posted: PostedHalt | null): void {
    const { observer } = this.options;
    observer.state('active', 'started');
    observer.limit(this.allowed);
    this.see(posted);
  }

  /** Takes up what the board says. */
  see(posted: PostedHalt | null): void {
    const known = posted?.version === this.posted?.version;
    this.posted = posted;
    if (!known || (posted === null && this.halt !== null)) this.enter(posted?.halt ?? null);
  }

  private enter(halt: Halt | null): void {
    const { observer } = this.options;
    const before = this.halt;
    this.halt = halt;
    if (halt !== null && before === null) this.pace = restarted(this.pace, Date.now());
    if (halt === null) this.breaker = CLOSED;
    if (halt !== null) observer.state(halt.state, halt.why);
    else if (before !== null) observer.state('active', 'requests are answered again');
    observer.limit(this.allowed);
  }

  /** A blocked lane is probed at once: its cause may have been mended. */
  async reconsider(mended: boolean): Promise<void> {
    // What is still on its way to the board is of before, and would halt the lane again afterwards.
    await Promise.all(this.posting);
    // Another worker that reloads may have been quicker, and its probe may be under way.
    if (this.halt === null || this.phase === 'probing') return;
    if (this.halt.state !== 'blocked' && !mended) return;
    await this.post({ ...this.halt, turn: 1, until: Date.now() });
  }

  begin(): RequestStart {
    return { startedAt: Date.now(), phase: this.phase, seen: this.posted };
  }

  /** Draws the consequences of an answer; when it resolves, the whole fleet knows them. */
  async heard(outcome: Outcome, ticket: RequestStart, course: RequestStats): Promise<void> {
    const { policy, observer } = this.options;
    const failed = outcome.kind === 'retry';
    if (failed && course.suspect && ticket.phase === 'active') return;
    const { startedAt } = ticket;
    const pressure = failed || outcome.kind === 'throttled';
    const answer = { ...course, startedAt, now: Date.now(), pressure };
    this.pace = afterAnswer(this.pace, answer, policy.concurrency);
    this.breaker = afterRequest(this.breaker, failed, policy.breaker);
    observer.limit(this.allowed);
    const ends = ticket.phase === 'probing' || trips(this.breaker, policy.breaker);
    const cause = causeOf(outcome, ends);
    if (cause !== null) await this.stand(cause);
    else if (!failed && ticket.phase === 'probing') await this.open(outcome, ticket);
  }

  /** Takes up that a suspect failed, which nothing else of the lane has contradicted. */
  async failed(outcome: Outcome): Promise<void> {
    const { breaker } = this.options.policy;
    this.breaker = afterSuspectFailure(this.breaker);
    const cause = causeOf(outcome, trips(this.breaker, breaker));
    if (cause !== null && this.phase === 'active') await this.stand(cause);
  }

  /** Blocks the lane because nearly everything is refused. */
  block(why: string): Promise<void> {
    return this.stand({ state: 'blocked', why, rejecting: true });
  }

  private async stand(cause: HaltCause): Promise<void> {
    const next = haltAfter(this.halt, cause, this.options.policy.halt, Date.now());
    if (next === this.halt) return;
    await this.post(next);
    // Somebody else was quicker: of two waits that Meta asked for, the longer one holds.
    const { halt } = this;
    if (cause.state !== 'throttled' || halt === null) return;
    if (halt.until < next.until - SLACK_MS) await this.post({ ...next, turn: halt.turn });
  }

  /** Known here at once, and in the fleet when Redis has it. */
  private async post(next: Halt): Promise<void> {
    const posted = this.tell(next);
    this.posting.add(posted);
    await posted;
    this.posting.delete(posted);
  }

  private async tell(next: Halt): Promise<void> {
    const { pixelId, board, onError } = this.options;
    const seen = this.posted;
    this.enter(next);
    try {
      this.see(await board.halt(pixelId, seen, next));
    } catch (error) {
      onError(error as Error);
    }
  }

  /** Meta serves the lane again. That it refuses events opens no lane that is blocked for that. */
  private async open(outcome: Outcome, { seen }: RequestStart): Promise<void> {
    const { pixelId, board, onError } = this.options;
    if (this.halt?.rejecting === true && outcome.kind !== 'delivered') return;
    if (seen === null || this.posted?.version !== seen.version) return;
    try {
      if (await board.resume(pixelId, seen)) this.see(null);
    } catch (error) {
      onError(error as Error);
    }
  }
}
