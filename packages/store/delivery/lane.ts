import { WaitingError } from 'bullmq';
import type { EnvelopeData } from '../intake/envelope.ts';
import { queueName } from '../keys.ts';
import type { Store } from '../store.ts';
import { type EnvelopeJob, LaneWorker } from './lane-worker.ts';
import type { EnvelopeLease, Leases } from './leases.ts';
import type { Room } from './room-gate.ts';

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
  /**
   * Takes nothing more, waits for what is held to be disposed of, and disconnects. While Redis is
   * unreachable that waits for Redis; it always ends afterwards.
   */
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
  readonly onError: (error: Error) => void;
  /**
   * A job holds no envelope, because something else wrote to the queue. It stays there as it is, and
   * neither an attempt nor a stall counts. Resolves to how long it waits, in ms.
   */
  readonly onMalformed: (id: string, why: string) => Promise<number>;
}

/** The limiter is here only so that BullMQ obeys the lane board: without one it ignores the key. */
const LIMITER = { max: 1_000_000_000, duration: 1000 };

/** A halt ends early when its cause is fixed: the interval of checks, in ms. */
const LOOK_AGAIN_MS = 1000;

/**
 * Takes envelopes of one pixel and hands them to `handle`, many at a time.
 *
 * BullMQ fetches jobs, locks them and finds those that have stalled. It never ends or moves
 * one: that is a command of its own, which ioredis sends again after a lost connection, whatever
 * Redis has become meanwhile. A settlement does it, in the step that counts the events.
 *
 * @param handle resolves when Redis has what becomes of the envelope. One that it leaves as it is
 * stalls, and goes to another worker when its lock has run out.
 */
export function openLane(
  { redis, keys }: Store,
  options: LaneOptions,
  handle: (envelope: HeldEnvelope) => Promise<void>,
): Lane {
  const { pixelId, concurrency, room = null, lockMs, leases, onError, onMalformed } = options;
  const hold = async (job: EnvelopeJob, token: string): Promise<void> => {
    const { id = '', attemptsMade: failures, stalledCounter: stalls } = job;
    const { data, askedAt } = worker.fetchedAs(job);
    if (data === null) return setAside(job, token);
    const lease = leases.hold({ pixelId, id, token, starts: job.attemptsStarted, stalls, askedAt });
    await handle({ id, token, data, failures, stalls, lease }).catch(onError);
    lease.release();
  };
  // Its open entry may say anything, so that no settlement can name it. Sent again after a lost
  // connection, this moves nothing: the lock of the token is gone.
  const setAside = async (job: EnvelopeJob, token: string): Promise<void> => {
    const waitMs = await onMalformed(job.id ?? '', 'its job holds no envelope');
    await job.moveToDelayed(Date.now() + waitMs, token);
  };
  const process = async (job: EnvelopeJob, token = ''): Promise<void> => {
    await hold(job, token).catch(onError);
    worker.release(job);
    // So BullMQ is told that the job has left the active ones, and that the next may be fetched.
    throw new WaitingError();
  };
  const worker = new LaneWorker(queueName(pixelId), room, process, {
    connection: redis,
    prefix: keys.prefix,
    concurrency,
    lockDuration: lockMs,
    skipLockRenewal: true,
    stalledInterval: Math.ceil(lockMs / 2),
    // What ends its workers is quarantined by the handler; BullMQ must never end a job by itself.
    maxStalledCount: 1_000_000_000,
    limiter: LIMITER,
    maximumRateLimitDelay: LOOK_AGAIN_MS,
    runRetryDelay: LOOK_AGAIN_MS,
    metrics: { maxDataPoints: 0 },
  });
  worker.on('error', onError);
  return { close: () => worker.finish() };
}
