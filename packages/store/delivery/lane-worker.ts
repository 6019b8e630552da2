import {
  type Job,
  type Processor,
  type RedisQueueBackend,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import type { EnvelopeData } from '../intake/envelope.ts';

/** Room in the memory of a worker, asked for before an envelope is fetched. */
export interface Room {
  /** At once where there is room, else when there is; null when none may be fetched any more. */
  reserve(): Reservation | null | Promise<Reservation | null>;
  /** Answers null to whoever waits. */
  close(): void;
}

export interface Reservation {
  /** An envelope of so many events was fetched. */
  use(events: number): void;
  /** It is held no longer, or there was none. */
  release(): void;
}

type EnvelopeJob = Job<EnvelopeData, void>;

const UNBOUNDED: Reservation = { use() {}, release() {} };

/** BullMQ's worker, which fetches no more than there is room for, and whose end Redis can only delay. */
export class LaneWorker extends Worker<EnvelopeData, void> {
  private readonly room: Room | null;
  private waitsForRoom = false;
  private readonly reserved = new WeakMap<EnvelopeJob, Reservation>();
  private readonly asked = new WeakMap<EnvelopeJob, number>();

  /** @param room null where `concurrency` alone bounds what is held */
  constructor(
    name: string,
    room: Room | null,
    processor: Processor<EnvelopeData, void>,
    options: WorkerOptions,
  ) {
    super(name, processor, { ...options, autorun: false });
    this.room = room;
    // Only now: the base class would fetch before there is a room to ask.
    this.run().catch((error: Error) => this.emit('error', error));
  }

  /** Gives back the room of a job that is disposed of. */
  release(job: EnvelopeJob): void {
    this.reserved.get(job)?.release();
    this.reserved.delete(job);
  }

  /** When a job was fetched, before Redis was asked for it, on the clock of `performance.now()`. */
  askedAt(job: EnvelopeJob): number {
    return this.asked.get(job) ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * Fetches nothing more, and resolves when every job that it holds is disposed of.
   *
   * `Worker.close()` waits for its blocking connection to end. Begun between two attempts to
   * connect, it never settles: a client that is disconnected then ends without saying so. Here the
   * connection is interrupted only while it is up; otherwise BullMQ's own time-outs end the wait.
   */
  finish(): Promise<void> {
    // BullMQ fetches nothing and reconnects nothing from here on.
    this.closing ??= this.end();
    return this.closing;
  }

  /** Every fetch of BullMQ's goes through here. */
  protected override async moveToActive(token: string, name?: string): Promise<EnvelopeJob> {
    const reservation = await this.reserve();
    // BullMQ takes it for an empty queue, although its types know no such answer.
    if (reservation === null) return undefined as unknown as EnvelopeJob;
    const askedAt = performance.now();
    try {
      const job: EnvelopeJob | undefined = await super.moveToActive(token, name);
      if (job === undefined) {
        reservation.release();
        return job;
      }
      this.asked.set(job, askedAt);
      reservation.use(job.data.n);
      this.reserved.set(job, reservation);
      return job;
    } catch (error) {
      reservation.release();
      throw error;
    }
  }

  /**
   * BullMQ's loop fetches one job after another before it lets the first of them go. While it waits
   * here it has to be told, as it is while it waits for a job to come: it then lets go what it has.
   * One fetch waits at a time; any other finds nothing, and comes again.
   */
  private async reserve(): Promise<Reservation | null> {
    if (this.room === null) return UNBOUNDED;
    if (this.waitsForRoom) return null;
    const reservation = this.room.reserve();
    if (!(reservation instanceof Promise)) return reservation;
    const loop = this as unknown as { waiting: Promise<unknown> | null };
    const told = loop.waiting === null;
    if (told) loop.waiting = reservation;
    this.waitsForRoom = true;
    const granted = await reservation;
    this.waitsForRoom = false;
    if (told) loop.waiting = null;
    return granted;
  }

  private async end(): Promise<void> {
    this.room?.close();
    await this.interrupt();
    await this.mainLoopRunning;
    this.closing = undefined;
    await this.close(true);
  }

  private async interrupt(): Promise<void> {
    const backend = this.getBackend() as RedisQueueBackend;
    const client = await backend.blockingClient?.catch(() => undefined);
    if (client?.status === 'ready') await backend.disconnectBlocking(false);
  }
}
