import type { PostedHalt } from '#store/delivery/lane-board.ts';
import { type LaneDeps, PixelLane, type WorkerPixel } from './lane/lane.ts';

/** How often the lane board is read, in ms: within that time every worker knows what one has found. */
const BOARD_EVERY_MS = 250;

/** The lanes of one worker: one for each configured pixel, each independent of the others. */
export class LaneManager {
  private readonly running = new Map<string, PixelLane>();
  /** Lanes that fetch nothing more, and settle or release what they hold. */
  private readonly closing = new Map<string, Promise<void>>();
  private configured: ReadonlyMap<string, WorkerPixel> = new Map();
  private readonly aborting = new AbortController();
  private readonly deps: LaneDeps;
  private posted: ReadonlyMap<string, PostedHalt> = new Map();
  private boardTimer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(deps: LaneDeps) {
    this.deps = deps;
  }

  /** Reads first which lanes are halted, so that none of them starts with a pointless request. */
  async start(pixels: readonly WorkerPixel[]): Promise<void> {
    await this.readBoard();
    await this.configure(pixels);
  }

  /**
   * Applies the configured pixels: opens new lanes, closes those that are no longer configured (their
   * envelopes stay in Redis), and gives lanes their new tokens, with which those that are blocked go on
   * at once. No lane waits for another: new tokens and pixels are in use when this returns. Only a
   * pixel whose old lane is still closing waits, because two lanes would hold the same envelopes.
   *
   * @returns resolves when the lanes that it closed are closed, and the fleet knows what changed
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
    if (this.boardTimer !== null) clearTimeout(this.boardTimer);
    for (const pixelId of [...this.running.keys()]) this.close(pixelId);
    await Promise.all(this.closing.values());
  }

  /** Waits for no more answers: requests under way are aborted, and cost no attempt. */
  abort(): void {
    this.aborting.abort();
  }

  private async readBoard(): Promise<void> {
    const { board, onError } = this.deps;
    try {
      this.posted = await board.read();
      for (const [pixelId, { state }] of this.running) {
        state.onPosted(this.posted.get(pixelId) ?? null);
      }
    } catch (error) {
      onError(null, error as Error);
    }
    if (!this.stopped) this.boardTimer = setTimeout(() => void this.readBoard(), BOARD_EVERY_MS);
  }

  private async openOrRenew(pixel: WorkerPixel): Promise<void> {
    this.deps.capacity.setWeight(pixel.pixelId, pixel.weight);
    const running = this.running.get(pixel.pixelId);
    if (running !== undefined) await running.renew(pixel);
    else if (!this.stopped && !this.closing.has(pixel.pixelId)) this.open(pixel);
  }

  private close(pixelId: string): void {
    const running = this.running.get(pixelId);
    if (running === undefined) return;
    this.running.delete(pixelId);
    const closed = running
      .close()
      .catch((error: unknown) => this.deps.onError(pixelId, error as Error))
      .then(() => this.closed(pixelId));
    this.closing.set(pixelId, closed);
  }

  /** A pixel that was configured again meanwhile gets its new lane. */
  private closed(pixelId: string): void {
    this.closing.delete(pixelId);
    const pixel = this.configured.get(pixelId);
    if (pixel !== undefined) void this.openOrRenew(pixel);
  }

  private open(pixel: WorkerPixel): void {
    const posted = this.posted.get(pixel.pixelId) ?? null;
    const lane = new PixelLane(pixel, posted, this.aborting.signal, this.deps);
    this.running.set(pixel.pixelId, lane);
  }
}
