import { Batch, type BatchLimits, type BatchTrigger, split } from '#core/delivery/batch.ts';
import type { FairShare } from '#core/delivery/fair-share.ts';
import type { FailedEnvelope } from '#core/delivery/poison.ts';
import { type SendableRecord, sentBytes } from '#core/record/record.ts';
import type { EnvelopeLease } from '#store/delivery/leases.ts';
import type { EventResult, OutgoingBatch } from './outgoing-batch.ts';
import type { EnvelopeSettlement } from './settle.ts';
import type { LaneState } from './state.ts';
import { byTestCode, inOrder, testCodeOf } from './test-codes.ts';

export interface BatcherDeps {
  readonly pixelId: string;
  readonly limits: BatchLimits;
  readonly lingerMs: number;
  /** How fast batches may follow each other, as it is now. */
  readonly pace: Pick<LaneState, 'allowed' | 'gapMs'>;
  /** Batches under way, shared by all lanes of the process. */
  readonly requests: Pick<FairShare, 'ask' | 'release' | 'dismiss'>;
  /** Resolves to the results in the order of the records. */
  readonly send: (batch: OutgoingBatch) => Promise<EventResult[]>;
}

/** Where events that go into batches come from. */
export interface Origin {
  readonly settlement: Pick<EnvelopeSettlement, 'confirm'>;
  /** The hold on their envelope; without one, no other worker can have it. */
  readonly lease?: Pick<EnvelopeLease, 'fresh' | 'confirm'> | undefined;
  /** Given for an envelope whose events share no batch with those of others. */
  readonly suspect?: FailedEnvelope | null;
}

/** Events of one envelope in one batch. */
interface Item extends Pick<Origin, 'settlement' | 'lease'> {
  readonly records: readonly SendableRecord[];
  readonly events: number;
  readonly bytes: number;
  readonly resolve: (results: EventResult[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Waiting extends Pick<OutgoingBatch, 'trigger' | 'suspect'> {
  readonly items: readonly Item[];
}

/** Puts the events of many envelopes of one pixel into batches, and returns the results. */
export class Batcher {
  private batch: Batch<Item>;
  private linger: NodeJS.Timeout | null = null;
  private readonly waiting: Waiting[] = [];
  private underWay = 0;
  private startedAt = 0;
  private gap: NodeJS.Timeout | null = null;
  private draining = false;
  private readonly deps: BatcherDeps;

  constructor(deps: BatcherDeps) {
    this.deps = deps;
    this.batch = new Batch(deps.limits);
  }

  /** Resolves to the results of an envelope's events once each has one, in their order. */
  async deliver(records: readonly SendableRecord[], origin: Origin): Promise<EventResult[]> {
    const groups = byTestCode(records);
    // An envelope is larger than a batch where it was written before the limits were lowered.
    const parts = groups.flatMap((group) => split(group, this.deps.limits, bytesOf));
    const results = await Promise.all(
      parts.map(async (part) => {
        const answered = await this.add(part, origin);
        if (parts.length > 1) {
          const delivered = part.filter((_, index) => answered[index]?.kind === 'delivered');
          await origin.settlement.confirm(delivered);
        }
        return answered;
      }),
    );
    return groups.length === 1 ? results.flat() : inOrder(records, parts, results);
  }

  /**
   * Ends all waiting: what can be sent at once is sent, and the rest is returned as held, as is
   * whatever comes later. So a stop takes as long as the requests under way, whatever waits.
   */
  drain(): void {
    const { requests, pixelId } = this.deps;
    this.draining = true;
    if (this.gap !== null) clearTimeout(this.gap);
    this.gap = null;
    this.release('stop');
    this.pump();
    for (const { items } of this.waiting.splice(0)) hold(items);
    requests.dismiss(pixelId);
  }

  private add(records: readonly SendableRecord[], origin: Origin): Promise<EventResult[]> {
    const { settlement, lease, suspect = null } = origin;
    return new Promise((resolve, reject) => {
      const bytes = records.reduce((sum, record) => sum + bytesOf(record), 0);
      const item = { records, events: records.length, bytes, settlement, lease, resolve, reject };
      if (this.draining) hold([item]);
      else if (suspect !== null || isTest(item)) this.enqueue([item], 'alone', suspect);
      else this.addToBatch(item);
    });
  }

  private addToBatch(item: Item): void {
    const refused = this.batch.add(item);
    if (refused !== null) {
      this.release(refused);
      this.batch.add(item);
    }
    const { full } = this.batch;
    if (full !== null) this.release(full);
    else this.linger ??= setTimeout(() => this.release('linger'), this.deps.lingerMs);
  }

  private release(trigger: BatchTrigger): void {
    if (this.linger !== null) clearTimeout(this.linger);
    this.linger = null;
    const { items } = this.batch;
    if (items.length === 0) return;
    this.batch = new Batch(this.deps.limits);
    this.enqueue(items, trigger, null);
  }

  private enqueue(
    items: readonly Item[],
    trigger: BatchTrigger,
    suspect: FailedEnvelope | null,
  ): void {
    this.waiting.push({ items, trigger, suspect });
    this.pump();
  }

  private pump(): void {
    const { pace, requests, pixelId } = this.deps;
    while (this.gap === null && this.waiting.length > 0 && this.underWay < pace.allowed) {
      const gapMs = this.draining ? 0 : pace.gapMs;
      const pauseMs = this.startedAt + gapMs - Date.now();
      if (gapMs > 0 && pauseMs > 0) {
        this.gap = setTimeout(() => {
          this.gap = null;
          this.pump();
        }, pauseMs);
        return;
      }
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.underWay += 1;
      this.startedAt = Date.now();
      const grant = (): void => void this.send(next);
      requests.ask(pixelId, 1, grant, () => hold(next.items));
    }
  }

  private async send(waiting: Waiting): Promise<void> {
    await this.sendItems(waiting);
    this.underWay -= 1;
    this.pump();
    this.deps.requests.release(this.deps.pixelId, 1);
  }

  private async sendItems({ items: all, trigger, suspect }: Waiting): Promise<void> {
    try {
      const fresh = all.every(({ lease }) => lease?.fresh() !== false);
      const items = fresh ? all : await stillHeld(all);
      if (items.length === 0) return;
      const delivered = new Set<SendableRecord>();
      const confirm = (accepted: readonly SendableRecord[]) =>
        confirmItems(items, new Set(accepted), delivered);
      const records = items.flatMap((item) => item.records);
      const results = await this.deps.send({ records, trigger, suspect, confirm });
      let at = 0;
      for (const { events, resolve } of items) {
        resolve(results.slice(at, at + events));
        at += events;
      }
    } catch (error) {
      for (const { reject } of all) reject(error);
    }
  }
}

/** Whether a rule gives these events a test event code: they share no request with others. */
function isTest({ records }: Item): boolean {
  return testCodeOf(records) !== null;
}

/** With the comma before the next one. */
function bytesOf(record: SendableRecord): number {
  return sentBytes(record) + 1;
}

/** None of these events was sent. */
function hold(items: readonly Item[]): void {
  for (const { records, resolve } of items) {
    resolve(records.map(() => ({ kind: 'held', deferMs: null })));
  }
}

/**
 * The items whose envelopes are still held here; those that went to another worker are sent there.
 * Redis is asked only about what has waited long.
 */
async function stillHeld(items: readonly Item[]): Promise<readonly Item[]> {
  const ours = await Promise.all(
    items.map(({ lease }) => (lease?.fresh() === false ? lease.confirm() : true)),
  );
  hold(items.filter((_, index) => ours[index] === false));
  return items.filter((_, index) => ours[index] === true);
}

/**
 * Settles what was accepted while the batch is bisected. An item that was accepted as a whole has its
 * results at once, and waits for no other.
 *
 * @param delivered what was settled before; grows
 * @returns the events of envelopes that have gone to another worker
 */
async function confirmItems(
  items: readonly Item[],
  accepted: ReadonlySet<SendableRecord>,
  delivered: Set<SendableRecord>,
): Promise<SendableRecord[]> {
  const gone = await Promise.all(
    items.map(async ({ records, settlement, resolve }) => {
      const fresh = records.filter((record) => accepted.has(record));
      if (fresh.length === 0) return [];
      const ours = await settlement.confirm(fresh);
      for (const record of fresh) delivered.add(record);
      if (records.every((record) => delivered.has(record))) {
        resolve(records.map(() => ({ kind: 'delivered' })));
      }
      return ours ? [] : records;
    }),
  );
  return gone.flat();
}
