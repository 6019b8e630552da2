import type { Redis } from '#queue/connection.ts';
import { type Lane, openLane } from '#queue/lane.ts';
import type { Sealer } from '#queue/sealing.ts';
import type { SettlementStore } from '#queue/settlement.ts';
import { Gatherer } from './gatherer.ts';
import type { GraphClient } from './graph-client.ts';
import type { JudgementPolicy } from './judgement.ts';
import type { LaneObserver } from './observer.ts';
import { createEnvelopeHandler } from './pixel-lane.ts';
import { type Credentials, Sender } from './sender.ts';

/** A pixel as the worker needs it. */
export interface WorkerPixel extends Credentials {
  readonly pixelId: string;
}

export interface FleetOptions {
  readonly redis: Redis;
  readonly prefix: string;
  readonly sealer: Sealer;
  readonly store: SettlementStore;
  readonly client: GraphClient;
  readonly observerOf: (pixelId: string) => LaneObserver;
  readonly policy: JudgementPolicy;
  readonly envelopesPerPixel: number;
  readonly requestsPerPixel: number;
  /** How long an envelope stays with a worker that gives no sign of life, in ms. */
  readonly lockMs: number;
  readonly batch: {
    readonly maxEvents: number;
    readonly maxBytes: number;
    readonly lingerMs: number;
  };
  readonly onError: (pixelId: string, error: Error) => void;
}

interface Running {
  readonly lane: Lane;
  readonly gatherer: Gatherer;
  readonly sender: Sender;
  credentials: Credentials;
}

/** The lanes of one worker: one for each configured pixel, and none knows of another. */
export class Fleet {
  private readonly running = new Map<string, Running>();
  private readonly aborting = new AbortController();
  private readonly options: FleetOptions;

  constructor(options: FleetOptions) {
    this.options = options;
  }

  /**
   * Brings the lanes in step with the configured pixels: opens new ones, closes those that are no
   * longer configured (their envelopes stay in Redis), and hands new tokens to lanes, which go on
   * at once if they waited for one.
   */
  async configure(pixels: readonly WorkerPixel[]): Promise<void> {
    const wanted = new Map(pixels.map((pixel) => [pixel.pixelId, pixel]));
    const leaving = [...this.running.keys()].filter((pixelId) => !wanted.has(pixelId));
    await Promise.all(leaving.map((pixelId) => this.close(pixelId)));
    for (const pixel of pixels) {
      const known = this.running.get(pixel.pixelId);
      if (known === undefined) this.running.set(pixel.pixelId, this.open(pixel));
      else await renew(known, pixel);
    }
  }

  /** Takes nothing more and sends what is held; resolves when all of it is settled. */
  async stop(): Promise<void> {
    await Promise.all([...this.running.keys()].map((pixelId) => this.close(pixelId)));
  }

  /** Waits for no more answers: what has none is given back without an attempt. */
  abort(): void {
    this.aborting.abort();
  }

  private async close(pixelId: string): Promise<void> {
    const running = this.running.get(pixelId);
    if (running === undefined) return;
    this.running.delete(pixelId);
    const closed = running.lane.close();
    running.gatherer.drain();
    await closed;
  }

  private open(pixel: WorkerPixel): Running {
    const { pixelId } = pixel;
    const { redis, prefix, sealer, store, client, policy, onError } = this.options;
    const observer = this.options.observerOf(pixelId);
    const { signal } = this.aborting;
    const { throttleMs, probeMs } = policy;
    const sender = new Sender(pixel, { pixelId, client, observer, throttleMs, probeMs, signal });
    const { lingerMs, ...limits } = this.options.batch;
    const gatherer = new Gatherer({
      limits,
      lingerMs,
      requests: this.options.requestsPerPixel,
      send: (records, trigger) => sender.send(records, trigger),
    });
    const stopping = () => signal.aborted;
    const handle = createEnvelopeHandler({
      pixelId,
      sealer,
      store,
      gatherer,
      policy,
      observer,
      stopping,
    });
    const lane = openLane(
      redis,
      {
        prefix,
        pixelId,
        concurrency: this.options.envelopesPerPixel,
        lockMs: this.options.lockMs,
        onError: (error) => onError(pixelId, error),
      },
      handle,
    );
    observer.state('open', 'started');
    return { lane, gatherer, sender, credentials: pixel };
  }
}

async function renew(running: Running, pixel: WorkerPixel): Promise<void> {
  const { accessToken, testEventCode } = running.credentials;
  if (pixel.accessToken === accessToken && pixel.testEventCode === testEventCode) return;
  running.credentials = pixel;
  running.sender.renew(pixel);
  await running.lane.resume();
}
