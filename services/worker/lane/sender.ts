import { Bisection } from '#core/delivery/bisection.ts';
import { drawProbe, probeSize } from '#core/delivery/halt.ts';
import type { OffenderPatterns } from '#core/delivery/offender-patterns.ts';
import { PoisonSearch } from '#core/delivery/poison.ts';
import { rejectionReason } from '#core/delivery/rejections.ts';
import { isTooLate } from '#core/event/horizon.ts';
import type { MetaError, Outcome } from '#core/outcome/answer.ts';
import type { SendableRecord } from '#core/record/record.ts';
import type { BatchSpan, Tracing } from '#tracing/tracing.ts';
import type { LaneObserver } from './observer.ts';
import {
  countResults,
  type EventResult,
  type OutgoingBatch,
  type Retry,
} from './outgoing-batch.ts';
import type { Requester } from './requester.ts';
import type { LaneState } from './state.ts';

export interface SenderDeps {
  readonly pixelId: string;
  readonly requester: Pick<Requester, 'request'>;
  readonly state: Omit<
    LaneState,
    'allowed' | 'gapMs' | 'begin' | 'onOutcome' | 'onPosted' | 'reconsider'
  >;
  readonly patterns: OffenderPatterns;
  readonly observer: Pick<LaneObserver, 'onBatch' | 'onSeparated'>;
  readonly tracing: Pick<Tracing, 'batch'>;
  /** Events of the request that probes a lane. */
  readonly probeEvents: number;
  /** How long before its horizon an event is given up, in ms. */
  readonly marginMs: number;
  readonly now: () => number;
  readonly random: () => number;
}

const HELD: EventResult = { kind: 'held', deferMs: null };

/** Where in what is left of a batch single events are tried before the lane is blocked, 0 to 1. */
const PLACES = [1, 0.5, 0.25, 0.75] as const;

/**
 * Sends one batch until each of its events has a result. A rejected request is bisected until every
 * offender is alone; the first answer that says "later" ends the run, because the next request would
 * get the same.
 */
export class BatchSender {
  private readonly results = new Map<SendableRecord, EventResult>();
  private readonly deps: SenderDeps;
  private readonly batch: OutgoingBatch;
  private readonly span: BatchSpan | null;
  /** Whether the lane was being probed when this began. */
  private readonly probing: boolean;
  /** Accepted, and not settled yet. */
  private readonly unconfirmed: SendableRecord[] = [];
  private parts = new Bisection<SendableRecord>([]);
  private suspicion = new PoisonSearch<SendableRecord>(0, null);
  private ended = false;
  private readonly counts = { accepted: 0, rejected: 0 };
  /** Places that were tried since an event was last accepted. */
  private placesTried = 0;
  private refusal: MetaError | null = null;
  private failure: Retry | null = null;

  constructor(deps: SenderDeps, batch: OutgoingBatch) {
    const { records, trigger } = batch;
    deps.observer.onBatch(records.length, trigger);
    this.deps = deps;
    this.batch = batch;
    this.span = deps.tracing.batch({ pixelId: deps.pixelId, trigger, records });
    this.probing = deps.state.phase === 'probing';
  }

  /** @returns what became of the events, in their order */
  async send(): Promise<EventResult[]> {
    const { records } = this.batch;
    for (const portion of this.divide(this.sendable(records))) await this.sendPortion(portion);
    // Another batch may have shown meanwhile that it is not the events.
    if (this.deps.state.halt?.rejecting) this.takeBack();
    const results = records.map((record) => this.resultOf(record));
    this.span?.end(countResults(results));
    return results;
  }

  /** While the lane is probed, a small portion goes first, another one each time. */
  private divide(records: readonly SendableRecord[]): readonly (readonly SendableRecord[])[] {
    const { state, probeEvents, random } = this.deps;
    if (!this.probing) return [records];
    return drawProbe(records, probeSize(state.halt, probeEvents), random());
  }

  private async sendPortion(portion: readonly SendableRecord[]): Promise<void> {
    const { suspect } = this.batch;
    const alone = suspect?.isolated ? portion.map((record) => [record]) : null;
    this.parts = new Bisection(alone ?? this.separate(portion));
    this.suspicion = new PoisonSearch(portion.length, suspect);
    for (let part = this.next(); part !== null; part = this.next()) await this.request(part);
    if (this.failure !== null && this.suspicion.unproven > 0) await this.giveUp(this.failure);
    if (this.refusal !== null && !this.ended && this.probing && this.deps.state.halt?.rejecting) {
      await this.block(this.refusal);
    }
  }

  /** Events that resemble offenders go in a request of their own. */
  private separate(records: readonly SendableRecord[]): readonly (readonly SendableRecord[])[] {
    const parts = this.deps.patterns.separate(records);
    const [similar = [], others] = parts;
    if (others !== undefined) this.deps.observer.onSeparated(similar.length);
    return parts;
  }

  private next(): readonly SendableRecord[] | null {
    const { parts, suspicion } = this;
    const { state, random } = this.deps;
    if (this.failure !== null && !suspicion.spend()) this.ended = true;
    if (this.ended) return null;
    for (const events of suspicion.contradicted(state.acceptedRequests)) parts.halve(events);
    if (!suspicion.needsProof(parts.events)) return parts.next();
    // One event tests the lane, from where most of them are: few of them are offenders.
    if (parts.events < suspicion.largest) {
      const sample = suspicion.sample(random());
      return sample === null ? null : [sample];
    }
    parts.takeOne(random());
    return parts.next();
  }

  /** Settles what was accepted first, so that a worker that dies repeats only the request under way. */
  private async request(part: readonly SendableRecord[]): Promise<void> {
    const accepted = this.unconfirmed.splice(0);
    const gone = accepted.length === 0 ? [] : await this.batch.confirm(accepted);
    for (const record of gone) if (this.isOpen(record)) this.results.set(record, HELD);
    const records = this.sendable(part);
    if (records.length === 0) return;
    const { requester, state } = this.deps;
    const before = state.acceptedRequests;
    const outcome = await requester.request(records, this.batch.suspect !== null, this.span);
    if (outcome?.kind === 'delivered') this.accept(records);
    else if (outcome?.kind === 'rejected') await this.reject(records, outcome);
    else if (outcome?.kind === 'retry') this.fail(records, outcome, before);
    else this.ended = true;
  }

  /** Leaves out what another worker sends, and what has expired: Meta would reject the whole request. */
  private sendable(records: readonly SendableRecord[]): readonly SendableRecord[] {
    const { results, deps } = this;
    const now = deps.now();
    for (const record of records) {
      const late = isTooLate(record.horizon, now, deps.marginMs);
      if (late && this.isOpen(record)) results.set(record, { kind: 'expired' });
    }
    // The same list where all of it goes: parts are recognised by it.
    if (results.size === 0 || records.every((record) => this.isOpen(record))) return records;
    return records.filter((record) => this.isOpen(record));
  }

  /** What has failed may be sent again: another event may be the reason. */
  private isOpen(record: SendableRecord): boolean {
    return (this.results.get(record)?.kind ?? 'retry') === 'retry';
  }

  private accept(records: readonly SendableRecord[]): void {
    const { state, patterns } = this.deps;
    for (const record of records) this.results.set(record, { kind: 'delivered' });
    this.unconfirmed.push(...records);
    patterns.accepted(records);
    state.onAccepted(records.length);
    this.suspicion.accepted();
    this.counts.accepted += records.length;
    if (this.placesTried > 0) state.resetRejections();
    this.placesTried = 0;
    this.parts.markAccepted(records);
  }

  private fail(records: readonly SendableRecord[], outcome: Retry, before: number): void {
    this.ended = this.deps.state.phase !== 'active';
    if (this.ended) return;
    const result = { kind: 'retry', outcome, alone: records.length === 1 } as const;
    for (const record of records) this.results.set(record, result);
    this.failure = outcome;
    this.suspicion.failed(records, before);
    // Events cannot be the reason where the request never reached a server.
    const reached = outcome.unknown || outcome.refusal.status > 0;
    this.ended = this.batch.suspect === null || !reached;
  }

  /**
   * Nothing has shown that the events are the reason, so it may be the lane, which may halt. It never
   * halts for events that have been isolated, which may be all that is left of it.
   */
  private async giveUp(failure: Retry): Promise<void> {
    this.ended = true;
    if (this.batch.suspect?.isolated === false) await this.deps.state.onSuspectFailed(failure);
    if (this.deps.state.phase === 'active') return;
    for (const [record, { kind }] of this.results)
      if (kind === 'retry') this.results.delete(record);
  }

  private async reject(
    records: readonly SendableRecord[],
    { refusal, tooLarge, field }: Outcome & { readonly kind: 'rejected' },
  ): Promise<void> {
    this.suspicion.accepted();
    const [record] = records;
    if (records.length > 1 || record === undefined)
      return this.parts.bisect(records, refusal.index, tooLarge);
    this.results.set(record, { kind: 'rejected', tooLarge, refusal });
    if (tooLarge) return;
    this.refusal = refusal;
    this.counts.rejected += 1;
    this.deps.patterns.refused(record, field);
    if (this.deps.state.onRejected(refusal, this.counts)) await this.sampleElsewhere(refusal);
  }

  /**
   * Nearly everything was rejected, but the offenders may only be adjacent: one event from elsewhere in
   * what is left goes next. Being alone, it would have to be sent in any case.
   */
  private async sampleElsewhere(refusal: MetaError): Promise<void> {
    const place = PLACES[this.placesTried];
    if (this.parts.events === 0 || place === undefined) return this.block(refusal);
    this.placesTried += 1;
    this.parts.takeOne(place);
  }

  private async block(refusal: MetaError): Promise<void> {
    this.ended = true;
    await this.deps.state.block(refusal);
    this.takeBack();
  }

  /** What was rejected for this reason is kept with the rest until the cause is fixed. */
  private takeBack(): void {
    const reason = this.refusal && rejectionReason(this.refusal);
    for (const [record, result] of this.results)
      if (result.kind === 'rejected' && rejectionReason(result.refusal) === reason)
        this.results.delete(record);
  }

  /** What was never sent is held. A failed probe goes to the back, unless the lane was paused since. */
  private resultOf(record: SendableRecord): EventResult {
    const result = this.results.get(record);
    if (result !== undefined) return result;
    const { halt } = this.deps.state;
    if (!this.probing || halt === null || halt.state === 'paused') return HELD;
    if (!halt.rejecting && halt.state !== 'failing') return HELD;
    return { kind: 'held', deferMs: Math.max(halt.until - this.deps.now(), 0) };
  }
}
