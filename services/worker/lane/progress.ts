import type { SendableRecord } from '#core/record/record.ts';
import type { HeldEnvelope } from '#store/delivery/lane.ts';
import type { Settlement, SettlementStore } from '#store/delivery/settlement.ts';
import { type EnvelopeData, RecordLines, sealEnvelope } from '#store/intake/envelope.ts';
import type { Sealer } from '#store/sealing.ts';
import type { EnvelopeFacts } from './dead-letter.ts';
import type { LaneObserver } from './observer.ts';
import type { Judgement } from './settle.ts';

export interface ProgressRooms {
  readonly pixelId: string;
  readonly sealer: Sealer;
  readonly store: SettlementStore;
  readonly observer: LaneObserver;
}

type Counts = Pick<Judgement, 'delivered' | 'deadLetters'>;

/**
 * What of an envelope is settled while it is worked on. Settlements of one envelope follow one
 * another, because each names the content that the one before it left.
 */
export class EnvelopeProgress {
  private envelope: HeldEnvelope;
  /** Settled as delivered. */
  private readonly accepted = new Set<SendableRecord>();
  /** Whether it is still ours. */
  private held = true;
  private ended = false;
  private last: Promise<unknown> = Promise.resolve();
  private readonly rooms: ProgressRooms;
  private readonly facts: EnvelopeFacts;
  private readonly records: readonly SendableRecord[];

  constructor(
    rooms: ProgressRooms,
    envelope: HeldEnvelope,
    opened: { facts: EnvelopeFacts; records: readonly SendableRecord[] },
  ) {
    this.rooms = rooms;
    this.envelope = envelope;
    this.facts = opened.facts;
    this.records = opened.records;
  }

  /**
   * Settles events that Meta has accepted while others of the envelope are still to be sent, so that
   * a worker that dies now repeats only the requests under way.
   *
   * @returns false when the envelope has gone to another worker: no more of it is to be sent here
   */
  confirm(records: readonly SendableRecord[]): Promise<boolean> {
    return this.inTurn(async () => {
      const fresh = new Set(records.filter((record) => !this.accepted.has(record)));
      if (!this.held || fresh.size === 0) return this.held;
      const remaining = this.records.filter(
        (record) => !this.accepted.has(record) && !fresh.has(record),
      );
      const kind = remaining.length === 0 ? 'done' : 'hold';
      const counts = { delivered: fresh.size, deadLetters: [] };
      if (await this.settle(counts, this.seal(remaining, false), { kind })) {
        for (const record of fresh) this.accepted.add(record);
      }
      return this.held;
    });
  }

  /** Settles what is left, and lets the envelope go where it has to go next. */
  end({ delivered, deadLetters, remaining, isolated, disposition }: Judgement): Promise<void> {
    return this.inTurn(async () => {
      if (this.ended) return;
      const counts = { delivered: delivered - this.accepted.size, deadLetters };
      await this.settle(counts, this.seal(remaining, isolated), disposition);
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** False when it was refused. */
  private async settle(
    counts: Counts,
    data: EnvelopeData | null,
    next: Settlement['next'],
  ): Promise<boolean> {
    const { pixelId, store, observer } = this.rooms;
    const { envelope } = this;
    const result = await store.settle({ pixelId, envelope, ...counts, remaining: data, next });
    if (result.kind === 'refused') {
      this.held = false;
      observer.refused(envelope.id, result.open);
      return false;
    }
    this.held = result.free;
    this.ended = next.kind !== 'hold';
    if (result.data !== null) this.envelope = { ...envelope, data: result.data };
    const reasons = counts.deadLetters.map((letter) => letter.facts.reason);
    const retried = this.ended ? (data?.n ?? 0) : 0;
    observer.settled(envelope.id, counts.delivered, reasons, retried);
    return true;
  }

  private seal(remaining: readonly SendableRecord[], isolated: boolean): EnvelopeData | null {
    const { pixelId, sealer } = this.rooms;
    const { id, data } = this.envelope;
    if (remaining.length === 0) return null;
    const note = isolated || data.a === 1 ? ({ a: 1 } as const) : {};
    if (remaining.length === data.n) return isolated && data.a !== 1 ? { ...data, ...note } : data;
    const lines = RecordLines.of(remaining.map(({ line }) => line));
    return { ...sealEnvelope(sealer, { pixelId, id }, this.facts.sources, lines), ...note };
  }
}
