import { setTimeout as sleep } from 'node:timers/promises';
import { type FailedEnvelope, ISOLATE_AFTER } from '#core/delivery/poison.ts';
import { hashRecord, readRecordFacts } from '#core/record/record.ts';
import type { Disposition, HeldEnvelope } from '#store/delivery/lane.ts';
import type { PoisonStore } from '#store/delivery/poison.ts';
import type { SettlementStore } from '#store/delivery/settlement.ts';
import { openEnvelope } from '#store/intake/envelope.ts';
import { SealError } from '#store/sealing.ts';
import type { Batcher } from './batcher.ts';
import type { Turns } from './capacity.ts';
import { deadLetter, type EnvelopeFacts } from './dead-letter.ts';
import type { LaneObserver } from './observer.ts';
import type { PoisonGuard } from './poison.ts';
import { decide, EnvelopeSettlement, type SettleDeps, type SettlePolicy } from './settle.ts';

export interface EnvelopeHandlerDeps extends SettleDeps {
  readonly store: SettlementStore;
  readonly notes: Pick<PoisonStore, 'unreadable'>;
  readonly turns: Turns;
  readonly poison: Pick<PoisonGuard, 'isSuspect' | 'alone' | 'next' | 'survived'>;
  readonly batcher: Pick<Batcher, 'deliver'>;
  readonly policy: SettlePolicy;
  /** How long an envelope that cannot be opened waits, in ms. */
  readonly unreadableMs: number;
  readonly observer: SettleDeps['observer'] &
    Pick<LaneObserver, 'onTakenOver' | 'onReadable' | 'onUnreadable' | 'onPoison'>;
  readonly onError: (error: Error) => void;
  /** Aborted when the worker has no time left to wait for answers. */
  readonly signal: AbortSignal;
}

/** How long an envelope stays in quarantine before it is examined again, in ms. */
const QUARANTINE_MS = 3_600_000;

/** How long an envelope waits that met an error of our own, in ms. */
const AFTER_ERROR_MS = 1000;

/**
 * How long a worker whose lock has run out may still need to settle what it has sent, in ms: Redis may
 * have been away, and answers it again within this time.
 */
const LATE_SETTLEMENT_MS = 2000;

/** Processes the envelopes of one pixel: open, send in batches, settle. */
export class EnvelopeHandler {
  private closing = false;
  private readonly deps: EnvelopeHandlerDeps;

  constructor(deps: EnvelopeHandlerDeps) {
    this.deps = deps;
  }

  /** Releases from now on what has not been opened. */
  close(): void {
    this.closing = true;
  }

  /** Resolves when Redis has what becomes of the envelope. */
  async handle(envelope: HeldEnvelope): Promise<void> {
    try {
      await envelope.lease.predecessor;
      if (isOrphan(envelope)) await sleep(LATE_SETTLEMENT_MS);
      await this.deps.turns.next();
      if (this.closing) await this.release(envelope, { kind: 'release' });
      else if (await this.deps.poison.isSuspect(envelope)) await this.handleSuspect(envelope);
      else await this.handleOther(envelope);
    } catch (error) {
      this.deps.onError(error as Error);
      await this.release(envelope, { kind: 'defer', waitMs: AFTER_ERROR_MS });
    }
  }

  /** Tells people of an envelope that stays in the queue. @returns how long it waits, in ms */
  async unreadable(id: string, why: string): Promise<number> {
    const { pixelId, notes, observer, unreadableMs } = this.deps;
    observer.onUnreadable(id, why);
    // Without the note the envelope waits all the same.
    await notes.unreadable(pixelId, id, why).catch(() => undefined);
    return unreadableMs;
  }

  private async handleOther(envelope: HeldEnvelope): Promise<void> {
    const ours = isOrphan(envelope) ? await takeOver(this.deps, envelope) : envelope;
    if (ours !== null) await this.deliver(ours, ours.failures >= ISOLATE_AFTER);
  }

  private async handleSuspect(envelope: HeldEnvelope): Promise<void> {
    const processed = await this.deps.poison.alone(() => this.processAlone(envelope));
    if (!processed) await this.release(envelope, { kind: 'release' });
  }

  /** It may have waited long for its turn, so only now Redis is asked whether it is still open. */
  private async processAlone(envelope: HeldEnvelope): Promise<void> {
    const { poison, observer } = this.deps;
    const ours = await takeOver(this.deps, envelope);
    if (ours === null) return;
    const action = await poison.next(ours.id);
    observer.onPoison(ours.id, action);
    if (action === 'dead_letter') return this.makeDeadLetters(ours);
    if (action === 'quarantine') {
      return this.release(ours, { kind: 'defer', waitMs: QUARANTINE_MS });
    }
    await this.deliver(ours, true);
    await poison.survived(ours.id);
  }

  /** @param alone whether its events share no batch with those of others */
  private async deliver(envelope: HeldEnvelope, alone: boolean): Promise<void> {
    const { batcher, policy, signal } = this.deps;
    const opened = await this.open(envelope, hashRecord);
    if (opened === null) return;
    const { facts, records } = opened;
    const settlement = new EnvelopeSettlement(this.deps, envelope, opened);
    const { failures, data, lease } = envelope;
    const suspect: FailedEnvelope | null = alone ? { failures, isolated: data.a === 1 } : null;
    const results = await batcher.deliver(records, { settlement, lease, suspect });
    const moment = { now: Date.now(), random: Math.random(), stopping: signal.aborted };
    await settlement.finish(decide(records, results, facts, policy, moment));
  }

  /** Makes dead letters of all its events without parsing them. */
  private async makeDeadLetters(envelope: HeldEnvelope): Promise<void> {
    const opened = await this.open(envelope, readRecordFacts);
    if (opened === null) return;
    const { facts, records } = opened;
    const cause = { reason: 'crashed_worker', unknown: true, now: Date.now() } as const;
    const deadLetters = records.map((record) => deadLetter(record, facts, cause));
    const settlement = new EnvelopeSettlement(this.deps, envelope, { facts, records: [] });
    const nothing = { delivered: 0, remaining: [], isolated: false };
    await settlement.finish({ ...nothing, deadLetters, disposition: { kind: 'done' } });
  }

  /** @returns null when it cannot be opened: then it is released, and stays in the queue */
  private async open<R>(
    envelope: HeldEnvelope,
    read: (line: Buffer) => R,
  ): Promise<{ facts: EnvelopeFacts; records: R[] } | null> {
    const { pixelId, sealer, observer } = this.deps;
    const { id, data, failures } = envelope;
    try {
      const { sources, lines } = openEnvelope(sealer, { pixelId, id }, data);
      const records = lines.map(read);
      observer.onReadable();
      return { facts: { pixelId, sources, failures }, records };
    } catch (error) {
      // The messages of other errors may quote the envelope.
      const why =
        error instanceof SealError ? error.message : 'it holds no records that can be read';
      const waitMs = await this.unreadable(id, why);
      await this.release(envelope, { kind: 'defer', waitMs });
      return null;
    }
  }

  /** Lets an envelope go as it is: nothing of it is settled, and no attempt counts. */
  private async release(envelope: HeldEnvelope, next: Disposition): Promise<void> {
    const { pixelId, store, observer } = this.deps;
    const unchanged = { delivered: 0, deadLetters: [], remaining: envelope.data };
    const result = await store.settle({ pixelId, envelope, ...unchanged, next });
    if (result.kind === 'refused') observer.onSettlementRefused(envelope.id, result.open);
  }
}

/** Whether a worker vanished while it held the envelope, and that has not been accounted for. */
export function isOrphan({ stalls, data }: Pick<HeldEnvelope, 'stalls' | 'data'>): boolean {
  return stalls > (data.r ?? 0);
}

interface TakeOverDeps extends Pick<SettleDeps, 'pixelId'> {
  readonly store: Pick<SettlementStore, 'claim'>;
  readonly observer: Pick<LaneObserver, 'onTakenOver'>;
}

/**
 * Takes over an envelope that another worker held, and perhaps has sent. What is settled of it is not
 * sent again; the rest has to be, and is counted as unknown once for each worker that vanished.
 *
 * @returns the envelope with what is open of it; null when there is nothing to do
 */
export async function takeOver(
  { pixelId, store, observer }: TakeOverDeps,
  envelope: HeldEnvelope,
): Promise<HeldEnvelope | null> {
  const data = await store.claim(pixelId, envelope);
  if (data === null) return null;
  if (isOrphan(envelope)) observer.onTakenOver(data.n);
  return { ...envelope, data };
}
