import { Batch, type BatchLimits, type BatchTrigger } from '#core/delivery/batch.ts';
import type { FailedEnvelope } from '#core/delivery/poison.ts';
import { type SendableRecord, sentBytes } from '#core/record/record.ts';
import type { DeliveryRules, EventResult } from './delivery-rules.ts';
import {
  type Confirm,
  confirmPortions,
  handBack,
  type Portion,
  split,
  stillHeld,
} from './portion.ts';

/** How much of a lane may be under way. */
export interface Pace {
  /** Batches under way at once. */
  readonly allowed: number;
  /** Rest between the starts of two batches, in ms. */
  readonly gapMs: number;
}

export interface BatcherDeps {
  readonly limits: BatchLimits;
  readonly lingerMs: number;
  /** How fast batches may follow each other, as it is now. */
  readonly pace: Pace;
  /** Does some work as soon as this process may have one more batch under way, or dismisses it. */
  readonly slots: (work: () => Promise<void>, dismissed: () => void) => void;
  /** Sends a batch; resolves to the fates in the order of the records. */
  readonly send: (
    records: readonly SendableRecord[],
    trigger: BatchTrigger,
    confirm: DeliveryRules['confirm'],
    suspect: FailedEnvelope | null,
  ) => Promise<EventResult[]>;
}

/** A batch to be sent; what is known of it where it is a suspect, see `deliver`. */
interface Waiting {
  readonly batch: Batch<Portion>;
  readonly trigger: BatchTrigger;
  readonly suspect: FailedEnvelope | null;
}

/** The envelope that events come from. */
export interface Origin {
  /** The hold on it; without one, nobody else can have it. */
  readonly lease?: Portion['lease'];
  /** Given for one whose events share no batch with those of others. */
  readonly suspect?: FailedEnvelope | null;
}

/** Gathers the events of many envelopes of one pixel into batches, and hands the fates back. */
export class Batcher {
  private batch: Batch<Portion>;
  private timer: NodeJS.Timeout | null = null;
  private readonly waiting: Waiting[] = [];
  private underWay = 0;
  private startedAt = 0;
  private rest: NodeJS.Timeout | null = null;
  private draining = false;
  private readonly options: BatcherDeps;

  constructor(options: BatcherDeps) {
    this.options = options;
    this.batch = new Batch(options.limits);
  }

  /**
   * Resolves to the fates of an envelope's events once all of them have one.
   * @param confirm told of accepted events as long as others are still to be sent
   */
  async deliver(
    records: readonly SendableRecord[],
    confirm: Confirm,
    origin: Origin = {},
  ): Promise<EventResult[]> {
    const portions = split(records, this.options.limits);
    const fates = await Promise.all(
      portions.map(async (portion) => {
        const answered = await this.add(portion, confirm, origin);
        if (portions.length > 1) {
          await confirm(portion.filter((_, index) => answered[index]?.kind === 'delivered'));
        }
        return answered;
      }),
    );
    return fates.flat();
  }

  /**
   * From now on nothing waits: what can be sent at once is sent, and the rest is handed back as held,
   * as is whatever still comes. So a stop takes as long as the requests under way, whatever waits.
   */
  drain(): void {
    this.draining = true;
    if (this.rest !== null) clearTimeout(this.rest);
    this.rest = null;
    this.release('stop');
    this.pump();
    for (const { batch } of this.waiting.splice(0)) handBack(batch.items);
  }

  private add(
    records: readonly SendableRecord[],
    confirm: Confirm,
    { lease, suspect = null }: Origin,
  ): Promise<EventResult[]> {
    return new Promise((settle, fail) => {
      const bytes = records.reduce((sum, record) => sum + sentBytes(record) + 1, 0);
      const portion = { records, events: records.length, bytes, confirm, lease, settle, fail };
      if (this.draining) {
        handBack([portion]);
        return;
      }
      if (suspect !== null) {
        this.sendAlone(portion, suspect);
        return;
      }
      const refused = this.batch.add(portion);
      if (refused !== null) {
        this.release(refused);
        this.batch.add(portion);
      }
      const full = this.batch.full;
      if (full !== null) this.release(full);
      else this.timer ??= setTimeout(() => this.release('linger'), this.options.lingerMs);
    });
  }

  private sendAlone(portion: Portion, suspect: FailedEnvelope): void {
    const batch = new Batch<Portion>(this.options.limits);
    batch.add(portion);
    this.waiting.push({ batch, trigger: 'alone', suspect });
    this.pump();
  }

  private release(trigger: BatchTrigger): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.batch.events === 0) return;
    this.waiting.push({ batch: this.batch, trigger, suspect: null });
    this.batch = new Batch(this.options.limits);
    this.pump();
  }

  private pump(): void {
    while (this.rest === null && this.underWay < this.options.pace.allowed) {
      const gapMs = this.draining ? 0 : this.options.pace.gapMs;
      const restMs = this.startedAt + gapMs - Date.now();
      if (this.waiting.length > 0 && gapMs > 0 && restMs > 0) {
        this.restFor(restMs);
        return;
      }
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.underWay += 1;
      this.startedAt = Date.now();
      const send = async (): Promise<void> => {
        await this.send(next);
        this.underWay -= 1;
        this.pump();
      };
      this.options.slots(send, () => handBack(next.batch.items));
    }
  }

  private restFor(restMs: number): void {
    this.rest = setTimeout(() => {
      this.rest = null;
      this.pump();
    }, restMs);
  }

  private async send({ batch, trigger, suspect }: Waiting): Promise<void> {
    const fresh = batch.items.every(({ lease }) => lease?.fresh() !== false);
    const portions = fresh ? batch.items : await stillHeld(batch.items);
    if (portions.length === 0) return;
    const delivered = new Set<SendableRecord>();
    const confirm = (accepted: readonly SendableRecord[]) =>
      confirmPortions(portions, new Set(accepted), delivered);
    try {
      const records = portions.flatMap((portion) => portion.records);
      const fates = await this.options.send(records, trigger, confirm, suspect);
      let at = 0;
      for (const { events, settle } of portions) {
        settle(fates.slice(at, at + events));
        at += events;
      }
    } catch (error) {
      for (const { fail } of portions) fail(error);
    }
  }
}
