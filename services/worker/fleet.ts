import type { PostedHalt } from '#queue/lane-board.ts';
import {
  openRunningLane,
  type Running,
  type RunningLaneOptions,
  type WorkerPixel,
  weigh,
} from './running-lane.ts';

export interface FleetOptions extends RunningLaneOptions {
  readonly onError: (pixelId: string | null, error: Error) => void;
}

/** How often the lane board is read, in ms: that soon every worker knows what one has found out. */
const LOOK_MS = 250;

/** The lanes of one worker: one for each configured pixel, and none knows of another. */
export class Fleet {
  private readonly running = new Map<string, Running>();
  private readonly aborting = new AbortController();
  private readonly options: FleetOptions;
  private posted: ReadonlyMap<string, PostedHalt> = new Map();
  private looking: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(options: FleetOptions) {
    this.options = options;
  }

  /**
   * Brings the lanes in step with the configured pixels: opens new ones, closes those that are no
   * longer configured (their envelopes stay in Redis), and hands new tokens to lanes, which go on
   * at once if they waited for one.
   */
  async configure(pixels: readonly WorkerPixel[]): Promise<void> {
    if (this.looking === null) await this.look();
    const wanted = new Map(pixels.map((pixel) => [pixel.pixelId, pixel]));
    const leaving = [...this.running.keys()].filter((pixelId) => !wanted.has(pixelId));
    await Promise.all(leaving.map((pixelId) => this.close(pixelId)));
    for (const pixel of pixels) {
      weigh(pixel, this.options);
      const known = this.running.get(pixel.pixelId);
      if (known === undefined) this.running.set(pixel.pixelId, this.open(pixel));
      else await renew(known, pixel);
    }
  }

  /** Takes nothing more and sends what is held; resolves when all of it is settled. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.looking !== null) clearTimeout(this.looking);
    await Promise.all([...this.running.keys()].map((pixelId) => this.close(pixelId)));
  }

  /** Waits for no more answers: what has none is given back without an attempt. */
  abort(): void {
    this.aborting.abort();
  }

  /** Reads which lanes stand still, now and again and again. */
  private async look(): Promise<void> {
    const { board, onError } = this.options;
    try {
      this.posted = await board.read();
      for (const [pixelId, { control }] of this.running) {
        control.see(this.posted.get(pixelId) ?? null);
      }
    } catch (error) {
      onError(null, error as Error);
    }
    if (!this.stopped) this.looking = setTimeout(() => void this.look(), LOOK_MS);
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
    const posted = this.posted.get(pixel.pixelId) ?? null;
    return openRunningLane(pixel, posted, this.aborting.signal, this.options);
  }
}

/** A reload is a person's work: what is blocked is probed at once, and what has a new token too. */
async function renew(running: Running, pixel: WorkerPixel): Promise<void> {
  const { accessToken, testEventCode } = running.credentials;
  const same = pixel.accessToken === accessToken && pixel.testEventCode === testEventCode;
  if (!same) running.sender.renew(pixel);
  running.credentials = pixel;
  await running.control.reconsider(!same);
}
