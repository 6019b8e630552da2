import { delayWithin, type RetryPolicy, retryDelay } from '#core/delivery/backoff.ts';
import type { SendableRecord } from '#core/record/record.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';
import type { Disposition, HeldEnvelope } from '#store/delivery/lane.ts';
import type { Settlement, SettlementStore } from '#store/delivery/settlement.ts';
import { type EnvelopeData, RecordLines, sealEnvelope } from '#store/intake/envelope.ts';
import type { Sealer } from '#store/sealing.ts';
import { deadLetter, type EnvelopeFacts } from './dead-letter.ts';
import type { LaneObserver } from './observer.ts';
import type { EventResult, Retry } from './outgoing-batch.ts';
import type { LaneReceipts } from './receipts.ts';

export interface SettlePolicy {
  readonly retry: RetryPolicy;
  /** How long before its horizon an event is given up, in ms. */
  readonly marginMs: number;
}

/** What follows from the results of an envelope's events. */
export interface Decision {
  readonly delivered: number;
  readonly deadLetters: readonly NewDeadLetter[];
  readonly remaining: readonly SendableRecord[];
  /** Whether each of the remaining has failed alone, while others were accepted. */
  readonly isolated: boolean;
  readonly disposition: Disposition;
}

interface Moment {
  /** Unix ms. */
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
  /** Whether the worker stops. */
  readonly stopping: boolean;
}

/** Why events of an envelope are still to be sent. */
interface Later {
  retry: Retry | null;
  deferMs: number | null;
  /** The first horizon among them, Unix seconds. */
  horizon: number;
}

/** An envelope that becomes smaller rests as after its first failure. */
const FIRST = 1;

const DONE: Disposition = { kind: 'done' };

/** Turns the results of an envelope's events into what is settled and what the envelope does next. */
export function decide(
  records: readonly SendableRecord[],
  results: readonly EventResult[],
  facts: EnvelopeFacts,
  policy: SettlePolicy,
  moment: Moment,
): Decision {
  const { now } = moment;
  const deadLetters: NewDeadLetter[] = [];
  const remaining: SendableRecord[] = [];
  const alone: SendableRecord[] = [];
  const later: Later = { retry: null, deferMs: null, horizon: Number.POSITIVE_INFINITY };
  records.forEach((record, index) => {
    const result = results[index];
    if (result?.kind === 'delivered') return;
    if (result?.kind === 'expired') {
      deadLetters.push(deadLetter(record, facts, { reason: 'too_old', now }));
    } else if (result?.kind === 'rejected') {
      const reason = result.tooLarge ? 'too_large' : 'rejected_by_meta';
      deadLetters.push(deadLetter(record, facts, { reason, refusal: result.refusal, now }));
    } else {
      (result?.kind === 'retry' && result.alone ? alone : remaining).push(record);
      note(later, record, result);
    }
  });
  const mixed = remaining.length > 0;
  // What failed alone goes last: when the next turn ends early, it has begun with the others.
  remaining.push(...alone);
  const delivered = records.length - deadLetters.length - remaining.length;
  const isolated = !mixed && delivered > 0;
  const smaller = mixed && remaining.length < records.length;
  const disposition = remaining.length === 0 ? DONE : next(later, smaller, facts, policy, moment);
  if (disposition !== null) return { delivered, deadLetters, remaining, isolated, disposition };
  const { refusal = null, unknown = false } = later.retry ?? {};
  const exhausted = { reason: 'out_of_retries', refusal, unknown, now } as const;
  deadLetters.push(...remaining.map((record) => deadLetter(record, facts, exhausted)));
  return { delivered, deadLetters, remaining: [], isolated: false, disposition: DONE };
}

function note(later: Later, record: SendableRecord, result: EventResult | undefined): void {
  later.horizon = Math.min(later.horizon, record.horizon);
  if (result?.kind === 'retry') later.retry = result.outcome;
  if (result?.kind === 'held') later.deferMs = result.deferMs ?? later.deferMs;
}

/**
 * What the envelope does next; null when it is out of attempts.
 * @param smaller whether other events of it have their result, and perhaps one of these makes the rest fail
 */
function next(
  { retry, deferMs, horizon }: Later,
  smaller: boolean,
  { failures }: EnvelopeFacts,
  policy: SettlePolicy,
  { now, random, stopping }: Moment,
): Disposition | null {
  if (stopping) return { kind: 'release' };
  if (retry === null) {
    return deferMs === null ? { kind: 'release' } : { kind: 'defer', waitMs: deferMs };
  }
  const leftMs = horizon * 1000 - policy.marginMs - now;
  if (smaller) {
    // The other events must not use up their attempts for the one that makes them fail.
    const restMs = retryDelay(policy.retry, FIRST, random) ?? policy.retry.baseMs;
    return { kind: 'defer', waitMs: delayWithin(restMs, leftMs) };
  }
  const restMs = retryDelay(policy.retry, failures + 1, random);
  if (restMs === null) return null;
  return { kind: 'rest', restMs: delayWithin(restMs, leftMs), why: retry.refusal.message };
}

export interface SettleDeps {
  readonly pixelId: string;
  readonly sealer: Sealer;
  readonly store: Pick<SettlementStore, 'settle'>;
  readonly observer: Pick<LaneObserver, 'onSettled' | 'onSettlementRefused'>;
  /** Null where no receipts are kept. */
  readonly receipts?: Pick<LaneReceipts, 'of'> | null;
}

/**
 * Settles one envelope, in parts while it is processed. Its settlements follow one another, because
 * each names the content that the one before it left.
 */
export class EnvelopeSettlement {
  private envelope: HeldEnvelope;
  /** Settled as delivered. */
  private readonly accepted = new Set<SendableRecord>();
  /** Whether the envelope is still held here. */
  private held = true;
  private ended = false;
  private last: Promise<unknown> = Promise.resolve();
  private readonly deps: SettleDeps;
  private readonly facts: EnvelopeFacts;
  private readonly records: readonly SendableRecord[];

  constructor(
    deps: SettleDeps,
    envelope: HeldEnvelope,
    { facts, records }: { facts: EnvelopeFacts; records: readonly SendableRecord[] },
  ) {
    this.deps = deps;
    this.envelope = envelope;
    this.facts = facts;
    this.records = records;
  }

  /**
   * Settles events that Meta has accepted while others of the envelope are still to be sent, so that
   * a worker that dies now repeats only the requests under way.
   *
   * @returns false when the envelope has gone to another worker: no more of it is to be sent here
   */
  confirm(records: readonly SendableRecord[]): Promise<boolean> {
    return this.inTurn(async () => {
      const { accepted } = this;
      const fresh = new Set(records.filter((record) => !accepted.has(record)));
      if (!this.held || fresh.size === 0) return this.held;
      const remaining = this.records.filter(
        (record) => !accepted.has(record) && !fresh.has(record),
      );
      const kind = remaining.length === 0 ? 'done' : 'hold';
      const counts = { delivered: fresh.size, deadLetters: [], settled: fresh };
      if (await this.settle(counts, this.seal(remaining, false), { kind })) {
        for (const record of fresh) accepted.add(record);
      }
      return this.held;
    });
  }

  /** Settles the rest, and moves the envelope to where it goes next. */
  finish({ delivered, deadLetters, remaining, isolated, disposition }: Decision): Promise<void> {
    return this.inTurn(async () => {
      if (this.ended) return;
      const isSettled = (record: SendableRecord): boolean => !this.accepted.has(record);
      const settled = this.deps.receipts ? this.records.filter(isSettled) : [];
      const counts = { delivered: delivered - this.accepted.size, deadLetters, settled };
      await this.settle(counts, this.seal(remaining, isolated), disposition);
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** @returns false when the settlement was refused */
  private async settle(
    {
      settled,
      ...counts
    }: Pick<Decision, 'delivered' | 'deadLetters'> & { settled: Iterable<SendableRecord> },
    data: EnvelopeData | null,
    next: Settlement['next'],
  ): Promise<boolean> {
    const { pixelId, store, observer } = this.deps;
    const { envelope } = this;
    const receipts = this.deps.receipts?.of(envelope.id, this.facts, settled, counts.deadLetters);
    const told = receipts === undefined ? {} : { receipts };
    const settlement = { pixelId, envelope, ...counts, remaining: data, next, ...told };
    const result = await store.settle(settlement);
    if (result.kind === 'refused') {
      this.held = false;
      observer.onSettlementRefused(envelope.id, result.open);
      return false;
    }
    this.held = result.free;
    this.ended = next.kind !== 'hold';
    if (result.data !== null) this.envelope = { ...envelope, data: result.data };
    const reasons = counts.deadLetters.map((letter) => letter.facts.reason);
    const retried = this.ended ? (data?.n ?? 0) : 0;
    observer.onSettled(envelope.id, counts.delivered, reasons, retried);
    return true;
  }

  private seal(remaining: readonly SendableRecord[], isolated: boolean): EnvelopeData | null {
    const { pixelId, sealer } = this.deps;
    const { id, data } = this.envelope;
    if (remaining.length === 0) return null;
    const note = isolated || data.a === 1 ? ({ a: 1 } as const) : {};
    if (remaining.length === data.n) return isolated && data.a !== 1 ? { ...data, ...note } : data;
    const lines = RecordLines.of(remaining.map(({ line }) => line));
    return { ...sealEnvelope(sealer, { pixelId, id }, this.facts.sources, lines), ...note };
  }
}
