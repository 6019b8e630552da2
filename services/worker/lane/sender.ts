import { Bisection } from '#core/delivery/bisection.ts';
import { type FailedEnvelope, PoisonSearch } from '#core/delivery/poison.ts';
import { type BatchCounts, rejectionReason } from '#core/delivery/rejections.ts';
import type { MetaError } from '#core/outcome/answer.ts';
import type { SendableRecord } from '#core/record/record.ts';
import {
  type DeliveryRules,
  type EventResult,
  mayBeToBlame,
  type Rejection,
  type Retry,
} from './delivery-rules.ts';

/**
 * Where in what is left of a batch events are looked at before a lane is blocked: apart from each
 * other, because offenders often stand together.
 */
const PLACES = [1, 0.5, 0.25, 0.75] as const;

/**
 * Sends the events of one batch until each has its fate. A rejected request is taken apart until
 * every offender stands alone; the first answer that says "later" ends the sending, because the
 * next request would hear the same.
 *
 * @param suspect given for a batch that has failed before: "later" may be what Meta says of one of its
 *   events, whenever that is sent, and so it is taken apart as well while the lane delivers others
 * @returns the fates in the order of the events
 */
export async function deliver(
  records: readonly SendableRecord[],
  rules: DeliveryRules,
  suspect: FailedEnvelope | null = null,
): Promise<EventResult[]> {
  const delivery = new Delivery(rules, suspect);
  for (const portion of rules.divide(delivery.screen(records))) await delivery.take(portion);
  return records.map((record) => delivery.fateOf(record));
}

class Delivery {
  private readonly fates = new Map<SendableRecord, EventResult>();
  private readonly rules: DeliveryRules;
  /** Accepted, and not settled yet. */
  private accepted: readonly SendableRecord[] = [];
  private readonly suspect: FailedEnvelope | null;
  private parts = new Bisection<SendableRecord>([]);
  private suspicion = new PoisonSearch<SendableRecord>(0, null);
  private ended = false;
  private tally: BatchCounts = { accepted: 0, rejected: 0 };
  private confirmed = 0;
  private refusal: MetaError | null = null;
  private failure: Retry | null = null;

  constructor(rules: DeliveryRules, suspect: FailedEnvelope | null) {
    this.rules = rules;
    this.suspect = suspect;
  }

  /** What was never sent is held. */
  fateOf(record: SendableRecord): EventResult {
    return this.fates.get(record) ?? { kind: 'held', behindMs: this.rules.behindMs() };
  }

  /**
   * Leaves out what has gone to another worker, and what has become too old while it waited: it would
   * sink the whole request.
   */
  screen(records: readonly SendableRecord[]): readonly SendableRecord[] {
    const { fates } = this;
    for (const record of records) {
      if (this.isOpen(record) && this.rules.tooLate(record)) fates.set(record, { kind: 'expired' });
    }
    // The same list where all of it goes: parts are recognised by it.
    if (fates.size === 0 || records.every((record) => this.isOpen(record))) return records;
    return records.filter((record) => this.isOpen(record));
  }

  /** What has failed may be sent again: it is one of the others that sinks a request. */
  private isOpen(record: SendableRecord): boolean {
    const fate = this.fates.get(record);
    return fate === undefined || fate.kind === 'retry';
  }

  /** Before each further request, so that a worker that dies repeats only the one under way. */
  private async confirm(): Promise<void> {
    const { accepted } = this;
    if (accepted.length === 0) return;
    this.accepted = [];
    for (const record of await this.rules.confirm(accepted)) {
      if (this.isOpen(record)) this.fates.set(record, { kind: 'held', behindMs: null });
    }
  }

  async take(portion: readonly SendableRecord[]): Promise<void> {
    const parts = this.suspect?.isolated ? portion.map((record) => [record]) : null;
    this.parts = new Bisection(parts ?? this.rules.separate(portion));
    this.suspicion = new PoisonSearch(portion.length, this.suspect);
    for (let part = this.next(); part !== null; part = this.next()) {
      await this.confirm();
      const timely = this.screen(part);
      if (timely.length > 0) await this.send(timely);
    }
    if (this.failure !== null && this.suspicion.unproven > 0) await this.giveUp(this.failure);
    if (this.refusal !== null && !this.ended && this.rules.doubtful()) {
      await this.block(this.refusal);
    }
  }

  private next(): readonly SendableRecord[] | null {
    const { parts, suspicion, rules } = this;
    if (this.failure !== null && !suspicion.spend()) this.ended = true;
    if (this.ended) return null;
    for (const events of suspicion.contradicted(rules.deliveries())) parts.halve(events);
    if (suspicion.needsProof(parts.events)) return this.sample();
    return parts.next();
  }

  /** One event that tests the lane, from where most of them are: few of so many are offenders. */
  private sample(): readonly SendableRecord[] | null {
    const { parts, suspicion, rules } = this;
    if (parts.events >= suspicion.largest) {
      parts.takeOne(rules.random());
      return parts.next();
    }
    const sample = suspicion.sample(rules.random());
    return sample === null ? null : [sample];
  }

  private async send(records: readonly SendableRecord[]): Promise<void> {
    const before = this.rules.deliveries();
    const outcome = await this.rules.send(records, this.suspect !== null);
    switch (outcome?.kind) {
      case 'delivered':
        return this.accept(records);
      case 'rejected':
        return this.refuse(records, outcome);
      case 'retry':
        return this.fail(records, outcome, before);
      default:
        this.ended = true;
    }
  }

  private accept(records: readonly SendableRecord[]): void {
    for (const record of records) this.fates.set(record, { kind: 'delivered' });
    this.accepted = [...this.accepted, ...records];
    this.rules.accepted(records);
    this.suspicion.accepted();
    this.tally = { ...this.tally, accepted: this.tally.accepted + records.length };
    if (this.confirmed > 0) this.rules.reassured();
    this.confirmed = 0;
    this.parts.markAccepted(records);
  }

  private fail(records: readonly SendableRecord[], outcome: Retry, before: number): void {
    if (this.rules.halted()) {
      this.ended = true;
      return;
    }
    const alone = records.length === 1;
    for (const record of records) this.fates.set(record, { kind: 'retry', outcome, alone });
    this.failure = outcome;
    this.suspicion.failed(records, before);
    this.ended = this.suspect === null || !mayBeToBlame(outcome);
  }

  /**
   * Nothing has shown that the events are to blame: then the lane may be, and it may halt. It never
   * does so for events that have been isolated, which may be all that is left of it.
   */
  private async giveUp(failure: Retry): Promise<void> {
    this.ended = true;
    if (this.suspect?.isolated === false) await this.rules.failed(failure);
    if (!this.rules.halted()) return;
    for (const [record, { kind }] of this.fates) if (kind === 'retry') this.fates.delete(record);
  }

  private async refuse(
    records: readonly SendableRecord[],
    { refusal, tooLarge, field }: Rejection,
  ): Promise<void> {
    this.suspicion.accepted();
    const [record] = records;
    if (records.length > 1 || record === undefined) {
      this.parts.bisect(records, refusal.index, tooLarge);
      return;
    }
    this.fates.set(record, { kind: 'rejected', tooLarge, refusal });
    if (tooLarge) return;
    this.refusal = refusal;
    this.tally = { ...this.tally, rejected: this.tally.rejected + 1 };
    if (this.rules.refused(record, { refusal, field }, this.tally)) await this.doubt(refusal);
  }

  /**
   * Nearly everything was refused, but perhaps the offenders only stood together: one event from
   * elsewhere in what is left goes next. As it stands alone, it would have to be sent in any case.
   */
  private async doubt(refusal: MetaError): Promise<void> {
    const place = PLACES[this.confirmed];
    if (this.parts.events === 0 || place === undefined) return this.block(refusal);
    this.confirmed += 1;
    this.parts.takeOne(place);
  }

  /** What was refused for this reason is kept with the rest, until the cause is mended. */
  private async block(refusal: MetaError): Promise<void> {
    this.ended = true;
    await this.rules.block(refusal);
    for (const [record, fate] of this.fates) {
      const same =
        fate.kind === 'rejected' && rejectionReason(fate.refusal) === rejectionReason(refusal);
      if (same) this.fates.delete(record);
    }
  }
}
