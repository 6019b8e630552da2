import {
  type Job,
  type Processor,
  type RedisQueueBackend,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import type { EnvelopeData } from '../intake/envelope.ts';
import { type FetchLoop, type Reservation, type Room, RoomGate } from './room-gate.ts';

type EnvelopeJob = Job<EnvelopeData, void>;

const UNBOUNDED: Reservation = { use() {}, release() {} };

/** BullMQ's worker, which fetches no more than there is room for, and whose end Redis can only delay. */
export class LaneWorker extends Worker<EnvelopeData, void> {
  private readonly gate: RoomGate | null;
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
    this.gate = room === null ? null : new RoomGate(room, this as unknown as FetchLoop);
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
    const reservation = this.gate === null ? UNBOUNDED : await this.gate.reserve();
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

  private async end(): Promise<void> {
    this.gate?.close();
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
