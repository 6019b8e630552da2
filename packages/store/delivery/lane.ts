import type { EnvelopeData } from '../intake/envelope.ts';
import { envelopeKeys } from '../keys.ts';
import { SET_ASIDE } from '../lua/envelopes.ts';
import { runScript } from '../lua/scripts.ts';
import type { Store } from '../store.ts';
import { visitTimes } from './agenda.ts';
import { Every } from './every.ts';
import type { EnvelopeFetcher, Fetched, FetchedJob } from './fetcher.ts';
import type { EnvelopeLease, Leases } from './leases.ts';
import type { Reservation, Room } from './room.ts';

/** An envelope that a worker holds, and for which it alone answers until it disposes of it. */
export interface HeldEnvelope {
  readonly id: string;
  /** The token of the lock on its job, which a settlement must show. */
  readonly token: string;
  readonly data: EnvelopeData;
  /** How often it failed before. */
  readonly failures: number;
  /** How often a worker held it and vanished without disposing of it. */
  readonly stalls: number;
  /** Whether it is still held: what waited long is asked before it is sent. */
  readonly lease: EnvelopeLease;
}

/**
 * What a worker does with an envelope that it held:
 * - `done`: every event of it is settled.
 * - `rest`: an attempt failed; again after `restMs`.
 * - `release`: the next worker that fetches one has it; no attempt counts.
 * - `defer`: others go first, and it waits `waitMs`; no attempt counts.
 */
export type Disposition =
  | { readonly kind: 'done' }
  | { readonly kind: 'rest'; readonly restMs: number; readonly why: string }
  | { readonly kind: 'release' }
  | { readonly kind: 'defer'; readonly waitMs: number };

/** A pixel's queue as one worker sees it. */
export interface Lane {
  /** There may be envelopes: fetches until there are none. */
  ring(): void;
  /** Since when it neither fetches nor holds anything, on the clock of `performance.now()`; null while it does. */
  readonly idleSince: number | null;
  /** Fetches nothing more, and resolves when what is held is disposed of. */
  close(): Promise<void>;
}

export interface LaneOptions {
  readonly pixelId: string;
  /** How many envelopes are held at once. */
  readonly concurrency: number;
  /** Asked before each fetch; without it `concurrency` alone bounds what is held. */
  readonly room?: Room;
  /** How long an envelope stays with a worker that gives no sign of life, in ms. */
  readonly lockMs: number;
  /** One for all lanes of a process. */
  readonly leases: Leases;
  readonly fetcher: EnvelopeFetcher;
  /** More waits than this worker may hold now: another one may have it. Told once in a while. */
  readonly onFull?: (pixelId: string) => void;
  readonly onError: (error: Error) => void;
  /**
   * A job holds no envelope, because something else wrote to the queue. It stays there as it is, and
   * neither an attempt nor a stall counts. Resolves to how long it waits, in ms.
   */
  readonly onMalformed: (id: string, why: string) => Promise<number>;
}

const UNBOUNDED: Reservation = { use() {}, release() {} };

/** The most that one fetch asks for; while a queue stays deep it asks for twice as much each time. */
const MOST_AT_ONCE = 8;

/**
 * Takes envelopes of one pixel and hands them to `handle`, many at a time.
 *
 * BullMQ's scripts fetch jobs, lock them and find those that have stalled. No other script of BullMQ
 * ends or moves one: a settlement does it, in the step that counts the events.
 *
 * @param handle resolves when Redis has what becomes of the envelope. One that it leaves as it is
 * stalls, and goes to another worker when its lock has run out.
 */
export function openLane(
  store: Store,
  options: LaneOptions,
  handle: (envelope: HeldEnvelope) => Promise<void>,
): Lane {
  return new QueueLane(store, options, handle);
}

class QueueLane implements Lane {
  idleSince: number | null = performance.now();
  private held = 0;
  /** Whether envelopes may wait that no fetch has asked for yet. */
  private rung = false;
  private pulling: Promise<void> | null = null;
  private closing = false;
  private most = 1;
  /** Room that was asked for and not granted yet. */
  private pending: Promise<Reservation | null> | null = null;
  /** Every worker looks for stalled envelopes; BullMQ does it once for all of them. */
  private readonly checks: Every;
  private readonly offers: Every;
  /** Told whenever an envelope is disposed of. */
  private onDisposed: () => void = () => {};
  private readonly store: Store;
  private readonly options: LaneOptions;
  private readonly handle: (envelope: HeldEnvelope) => Promise<void>;

  constructor(store: Store, options: LaneOptions, handle: QueueLane['handle']) {
    this.store = store;
    this.options = options;
    this.handle = handle;
    const { checkMs, shareMs } = visitTimes(options.lockMs);
    this.checks = new Every(checkMs);
    this.offers = new Every(shareMs);
  }

  ring(): void {
    this.rung = true;
    if (this.closing) return;
    this.idleSince = null;
    this.pulling ??= this.pull();
  }

  async close(): Promise<void> {
    this.closing = true;
    this.options.room?.close();
    this.tell();
    await this.pulling;
    while (this.held > 0) await this.nextDisposal();
  }

  private async pull(): Promise<void> {
    while (this.rung && !this.closing) {
      const reservations = await this.reserve();
      this.rung = false;
      if (reservations.length === 0) continue;
      await this.fetch(reservations).catch(this.options.onError);
    }
    this.pulling = null;
    // Granted too late to be of use.
    void this.pending?.then((reservation) => reservation?.release());
    this.pending = null;
    this.noteIdle();
  }

  /** Room for as many envelopes as one fetch asks for; none when the lane closes before there is any. */
  private async reserve(): Promise<Reservation[]> {
    const { concurrency } = this.options;
    if (this.held >= concurrency) this.offer();
    while (this.held >= concurrency && !this.closing) await this.nextDisposal();
    if (this.closing) return [];
    const asked = this.pending ?? this.reserveOne();
    if (asked instanceof Promise) this.offer();
    const first = await asked;
    this.pending = null;
    if (first === null) return [];
    const reservations = [first];
    const most = Math.min(this.most, concurrency - this.held);
    while (reservations.length < most) {
      const next = this.reserveOne();
      if (next === null) break;
      if (next instanceof Promise) {
        this.pending = next;
        break;
      }
      reservations.push(next);
    }
    return reservations;
  }

  private offer(): void {
    const { pixelId, onFull } = this.options;
    if (this.offers.isDue()) onFull?.(pixelId);
  }

  private reserveOne(): ReturnType<Room['reserve']> {
    const { room } = this.options;
    return room === undefined ? UNBOUNDED : room.reserve();
  }

  private async fetch(reservations: readonly Reservation[]): Promise<void> {
    const { fetcher, pixelId, onError } = this.options;
    let fetched: Fetched | null = null;
    try {
      fetched = await fetcher.fetch(pixelId, reservations.length, this.checks.isDue());
    } finally {
      const taken = fetched?.jobs.length ?? 0;
      for (const unused of reservations.slice(taken)) unused.release();
    }
    const { jobs, more, failure } = fetched;
    // The agenda has it visited again.
    if (failure !== null) onError(failure);
    this.rung ||= more;
    this.most = more ? Math.min(this.most * 2, MOST_AT_ONCE) : 1;
    jobs.forEach((job, index) => void this.hold(job, reservations[index] ?? UNBOUNDED));
  }

  private async hold(job: FetchedJob, reservation: Reservation): Promise<void> {
    this.held += 1;
    if (job.data !== null) reservation.use(job.data.n);
    await this.dispose(job).catch(this.options.onError);
    reservation.release();
    this.held -= 1;
    this.noteIdle();
    this.tell();
  }

  private async dispose(job: FetchedJob): Promise<void> {
    const { pixelId, leases, onError } = this.options;
    const { id, token, data, failures, stalls } = job;
    if (data === null) return this.setAside(job);
    const lease = leases.hold({ ...job, pixelId });
    await this.handle({ id, token, data, failures, stalls, lease }).catch(onError);
    lease.release();
  }

  private async setAside({ id, token }: FetchedJob): Promise<void> {
    const { redis, keys } = this.store;
    const { pixelId, onMalformed } = this.options;
    const waitMs = await onMalformed(id, 'its job holds no envelope');
    await runScript(redis, SET_ASIDE, {
      keys: [...envelopeKeys(keys, pixelId, id), keys.settlementTrial],
      args: [id, token, pixelId, waitMs, Date.now()],
    });
  }

  private nextDisposal(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.onDisposed;
      this.onDisposed = () => {
        before();
        resolve();
      };
    });
  }

  private tell(): void {
    const told = this.onDisposed;
    this.onDisposed = () => {};
    told();
  }

  private noteIdle(): void {
    if (this.held === 0 && this.pulling === null) this.idleSince = performance.now();
  }
}
