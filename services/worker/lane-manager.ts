import type { PostedHalt } from '#store/delivery/lane-board.ts';
import {
  type PixelLane,
  type RunningLaneOptions,
  setWeights,
  startLane,
  type WorkerPixel,
} from './lane/lane.ts';

export interface LaneManagerOptions extends RunningLaneOptions {
  readonly onError: (pixelId: string | null, error: Error) => void;
}

/** How often the lane board is read, in ms: that soon every worker knows what one has found out. */
const LOOK_MS = 250;

/** The lanes of one worker: one for each configured pixel, and none knows of another. */
export class LaneManager {
  private readonly running = new Map<string, PixelLane>();
  /** Lanes that take nothing more, and what they hold is being settled or released. */
  private readonly closing = new Map<string, Promise<void>>();
  private configured: ReadonlyMap<string, WorkerPixel> = new Map();
  private readonly aborting = new AbortController();
  private readonly options: LaneManagerOptions;
  private posted: ReadonlyMap<string, PostedHalt> = new Map();
  private looking: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(options: LaneManagerOptions) {
    this.options = options;
  }

  /** Reads which lanes are halted, so that none of them starts with a request in vain. */
  async start(pixels: readonly WorkerPixel[]): Promise<void> {
    await this.look();
    await this.configure(pixels);
  }

  /**
   * Brings the lanes in step with the configured pixels: opens new ones, closes those that are no
   * longer configured (their envelopes stay in Redis), and hands new tokens to lanes, which go on
   * at once if they waited for one. No lane waits for another: new tokens and new pixels are in use
   * when this returns. Only a pixel whose old lane still closes waits for that, because two lanes of
   * one pixel would hold the same envelopes.
   *
   * @returns resolves when the lanes that it closed are closed, and the fleet knows what it changed
   */
  configure(pixels: readonly WorkerPixel[]): Promise<void> {
    this.configured = new Map(pixels.map((pixel) => [pixel.pixelId, pixel]));
    for (const pixelId of [...this.running.keys()]) {
      if (!this.configured.has(pixelId)) this.close(pixelId);
    }
    const renewed = pixels.map((pixel) => this.openOrRenew(pixel));
    return Promise.all([...renewed, ...this.closing.values()]).then(() => undefined);
  }

  /** Fetches nothing more and releases what is not being sent; resolves when nothing is held. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.looking !== null) clearTimeout(this.looking);
    for (const pixelId of [...this.running.keys()]) this.close(pixelId);
    await Promise.all(this.closing.values());
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

  private async openOrRenew(pixel: WorkerPixel): Promise<void> {
    setWeights(pixel, this.options);
    const running = this.running.get(pixel.pixelId);
    if (running !== undefined) await renew(running, pixel);
    else if (!this.stopped && !this.closing.has(pixel.pixelId)) this.open(pixel);
  }

  private close(pixelId: string): void {
    const running = this.running.get(pixelId);
    if (running === undefined) return;
    this.running.delete(pixelId);
    const closed = running
      .close()
      .catch((error: unknown) => this.options.onError(pixelId, error as Error))
      .then(() => this.closed(pixelId));
    this.closing.set(pixelId, closed);
  }

  /** A pixel that was configured again meanwhile gets its new lane now. */
  private closed(pixelId: string): void {
    this.closing.delete(pixelId);
    const pixel = this.configured.get(pixelId);
    if (pixel !== undefined) void this.openOrRenew(pixel);
  }

  private open(pixel: WorkerPixel): void {
    const posted = this.posted.get(pixel.pixelId) ?? null;
    const running = startLane(pixel, posted, this.aborting.signal, this.options);
    this.running.set(pixel.pixelId, running);
  }
}

/** A reload is a person's work: what is blocked is probed at once, and what has a new token too. */
async function renew(running: PixelLane, pixel: WorkerPixel): Promise<void> {
  const { accessToken, testEventCode } = running.credentials;
  const same = pixel.accessToken === accessToken && pixel.testEventCode === testEventCode;
  if (!same) running.sender.renew(pixel);
  running.credentials = pixel;
  await running.control.reconsider(!same);
}
