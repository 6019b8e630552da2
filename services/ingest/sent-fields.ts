import { dayOf } from '#core/quality/record.ts';
import { addSentFields } from '#store/intake/sent-fields.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { Store } from '#store/store.ts';

/** Between two additions to Redis, in ms. */
const ADD_MS = 30_000;

/** Told what was enqueued: sums, once an intake. */
export interface EnqueuedRecorder {
  enqueued(pixel: string, events: number): void;
  carried(pixel: string, field: string, events: number): void;
}

interface Tally {
  events: number;
  readonly fields: Map<string, number>;
}

/**
 * Counts in Redis how many events were enqueued and which fields of user_data they carried, so that
 * people see it beside what Meta says. A sum goes there every half minute. What did not reach
 * Redis is added the next time: a figure for people holds nothing up, and may count an interval twice.
 */
export class SentFieldsRecorder implements EnqueuedRecorder {
  private tallies = new Map<string, Tally>();
  private readonly store: Store;
  private readonly work: RedisWork;
  private readonly now: () => number;
  private readonly timer: NodeJS.Timeout;

  /** @param now Unix ms */
  constructor(store: Store, work: RedisWork, now: () => number = Date.now) {
    this.store = store;
    this.work = work;
    this.now = now;
    this.timer = setInterval(() => void this.write(), ADD_MS).unref();
  }

  enqueued(pixel: string, events: number): void {
    this.tallyOf(pixel).events += events;
  }

  carried(pixel: string, field: string, events: number): void {
    const { fields } = this.tallyOf(pixel);
    fields.set(field, (fields.get(field) ?? 0) + events);
  }

  /** Adds what was counted since the last time. */
  async write(): Promise<void> {
    const counts = this.tallies;
    if (counts.size === 0) return;
    this.tallies = new Map();
    let added = false;
    const add = async (): Promise<void> => {
      const refused = await addSentFields(this.store, dayOf(this.now()), counts);
      added = true;
      if (refused !== null) throw refused;
    };
    // A failure is counted and logged; it is no fault of ingest, which goes on.
    await this.work.attempt('sent_fields', add, { forMs: 0 }).catch(() => {
      if (!added) this.takeBack(counts);
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.write();
  }

  private takeBack(counts: ReadonlyMap<string, Tally>): void {
    for (const [pixel, { events, fields }] of counts) {
      this.enqueued(pixel, events);
      for (const [field, n] of fields) this.carried(pixel, field, n);
    }
  }

  private tallyOf(pixel: string): Tally {
    const known = this.tallies.get(pixel);
    if (known !== undefined) return known;
    const tally = { events: 0, fields: new Map<string, number>() };
    this.tallies.set(pixel, tally);
    return tally;
  }
}
