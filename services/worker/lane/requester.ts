import type { GraphAnswer, Outcome } from '#core/outcome/answer.ts';
import { classify } from '#core/outcome/classify.ts';
import { acceptanceOf } from '#core/outcome/meta-error.ts';
import { usageOf } from '#core/outcome/rate-headers.ts';
import { type SendableRecord, writeBody } from '#core/record/record.ts';
import { type RequestSettings, requestMembers } from '#core/record/request-members.ts';
import type { GraphClient } from '#graph/client.ts';
import type { TailWriter } from '#store/delivery/tail.ts';
import type { BatchSpan } from '#tracing/tracing.ts';
import type { LaneObserver } from './observer.ts';
import type { LaneReceipts } from './receipts.ts';
import { Shadow, type ShadowDeps } from './shadow.ts';
import type { LaneState } from './state.ts';
import { answerLine } from './tail-lines.ts';
import { testCodeOf } from './test-codes.ts';

export interface RequesterDeps extends Pick<ShadowDeps, 'shadowClient' | 'capacity'> {
  readonly pixelId: string;
  readonly client: GraphClient;
  readonly state: Pick<LaneState, 'begin' | 'onOutcome'>;
  readonly observer: Pick<LaneObserver, 'onRequest' | 'onAnswer' | 'onOutcome' | 'onShadow'>;
  /** Aborts requests under way when the worker's time to stop runs out. */
  readonly signal: AbortSignal;
  /** Null where no receipts are kept. */
  readonly receipts?: Pick<LaneReceipts, 'onAccepted'> | null;
  /** For people who run `tail`; a test may leave it out. */
  readonly tail?: Pick<TailWriter, 'watched' | 'note'>;
}

/** Makes the requests of one pixel, and tells its lane what came of them. */
export class Requester {
  /** What a request needs apart from its events; a reload may change it. */
  credentials: RequestSettings;
  private underWay = 0;
  private readonly deps: RequesterDeps;
  readonly shadow: Shadow;

  constructor(credentials: RequestSettings, deps: RequesterDeps) {
    this.credentials = credentials;
    this.deps = deps;
    this.shadow = new Shadow(deps);
  }

  /**
   * Sends one request.
   * @param suspect whether these events may be the reason for a failure
   * @returns null when the lane is halted, and nothing was sent
   */
  async request(
    records: readonly SendableRecord[],
    suspect: boolean,
    span: BatchSpan | null,
  ): Promise<Outcome | null> {
    const { state, observer, signal } = this.deps;
    const start = state.begin();
    if (start.phase === 'halted' || records.length === 0) return null;
    const { credentials } = this;
    this.underWay += 1;
    const started = performance.now();
    const answer = await this.post(records, credentials, span);
    const outcome = classify(answer, Date.now(), credentials.accessToken);
    observer.onOutcome(outcome, records);
    this.tell(records, answer, outcome, credentials.accessToken, performance.now() - started);
    const { underWay } = this;
    this.underWay -= 1;
    // An abort of our own says nothing of the lane, and neither does a token that was replaced since.
    if (signal.aborted) return outcome;
    if (outcome.kind === 'blocked' && credentials !== this.credentials) {
      return this.request(records, suspect, span);
    }
    const stats = { events: records.length, underWay, usage: usageOf(answer), suspect };
    await state.onOutcome(outcome, start, stats);
    return outcome;
  }

  /** Keeps, copies and shows what came of a request. */
  private tell(
    records: readonly SendableRecord[],
    answer: GraphAnswer,
    outcome: Outcome,
    token: string,
    ms: number,
  ): void {
    const { pixelId, receipts, tail } = this.deps;
    if (receipts && outcome.kind === 'delivered') {
      const { traceId } = acceptanceOf(answer, token);
      receipts.onAccepted(records, { traceId, events: records.length, at: Date.now() });
    }
    if (outcome.kind === 'delivered') this.shadow.copy(records);
    if (tail?.watched) tail.note(answerLine(pixelId, { records, answer, outcome, ms, token }));
  }

  private async post(
    records: readonly SendableRecord[],
    credentials: RequestSettings,
    span: BatchSpan | null,
  ): ReturnType<GraphClient['post']> {
    const { pixelId, client, observer, signal } = this.deps;
    const testEventCode = testCodeOf(records) ?? credentials.testEventCode;
    const body = writeBody(records, requestMembers({ ...credentials, testEventCode }));
    observer.onRequest();
    const started = performance.now();
    const traced = span?.request(records.length);
    const answer = await client.post(pixelId, credentials.accessToken, body, signal);
    if (answer.kind === 'answered') traced?.end(answer.status, null);
    else traced?.end(null, answer.cause);
    observer.onAnswer(answer, (performance.now() - started) / 1000);
    return answer;
  }
}
