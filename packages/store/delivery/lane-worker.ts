import {
  type Job,
  type JobJson,
  type Processor,
  type RedisQueueBackend,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { type EnvelopeData, readEnvelopeData } from '../intake/envelope.ts';
import { type FetchLoop, type Reservation, type Room, RoomGate } from './room-gate.ts';

/** Whatever its data are: everything that can write to Redis can put one there. */
export type EnvelopeJob = Job<unknown, void>;

interface Fetched {
  /** Null when the job holds no envelope. */
  readonly data: EnvelopeData | null;
  /** Before Redis was asked for it, on the clock of `performance.now()`. */
  readonly askedAt: number;
  readonly reservation: Reservation;
}

const UNBOUNDED: Reservation = { use() {}, release() {} };

/** BullMQ's worker, which fetches no more than there is room for, and whose end Redis can only delay. */
export class LaneWorker extends Worker<unknown, void> {
  private readonly gate: RoomGate | null;
  private readonly fetched = new WeakMap<EnvelopeJob, Fetched>();

  /** @param room null where `concurrency` alone bounds what is held */
  constructor(
    name: string,
    room: Room | null,
    processor: Processor<unknown, void>,
    options: WorkerOptions,
  ) {
    super(name, processor, { ...options, autorun: false });
    this.gate = room === null ? null : new RoomGate(room, this as unknown as FetchLoop);
    // Only now: the base class would fetch before there is a room to ask.
    this.run().catch((error: Error) => this.emit('error', error));
  }

  /** Gives back the room of a job that is disposed of. */
  release(job: EnvelopeJob): void {
    this.fetched.get(job)?.reservation.release();
  }

  /** What is known of a job since it was fetched. */
  fetchedAs(job: EnvelopeJob): Pick<Fetched, 'data' | 'askedAt'> {
    return this.fetched.get(job) ?? { data: null, askedAt: Number.NEGATIVE_INFINITY };
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
      const data = readEnvelopeData(job.data);
      if (data !== null) reservation.use(data.n);
      this.fetched.set(job, { data, askedAt, reservation });
      return job;
    } catch (error) {
      reservation.release();
      throw error;
    }
  }

  /** BullMQ fails to fetch a job whose data are no JSON, and would stumble over it again and again. */
  protected override createJob(json: JobJson, id: string): EnvelopeJob {
    try {
      return super.createJob(json, id);
    } catch {
      return super.createJob({ ...json, data: 'null' }, id);
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
