import type { PostedHalt } from '#store/delivery/lane-board.ts';
import { type LaneDeps, PixelLane, type WorkerPixel } from './lane/lane.ts';

/** How often the lane board is read, in ms: within that time every worker knows what one has found. */
const BOARD_EVERY_MS = 250;

/** How long a lane stays open that has nothing to do, in ms, and how often it is asked. */
const IDLE_MS = 60_000;
const CLOSE_EVERY_MS = 5000;

/** The most of them that stay open; those that have waited longest are closed before their time. */
const MOST_IDLE = 1000;

export interface LaneManagerDeps extends LaneDeps {
  /** Told how many lanes are open. */
  readonly onOpen?: (lanes: number) => void;
  /** Has the queues of pixels visited that were not served before. */
  readonly ring: (pixelIds: readonly string[]) => Promise<void>;
}

/**
 * The lanes of one worker. A lane is open while its pixel has work, or is halted: those that are
 * configured and have nothing to do cost nothing. Each is independent of the others.
 */
export class LaneManager {
  private readonly running = new Map<string, PixelLane>();
  /** Lanes that fetch nothing more, and settle or release what they hold. */
  private readonly closing = new Map<string, Promise<void>>();
  private configured: ReadonlyMap<string, WorkerPixel> = new Map();
  private readonly aborting = new AbortController();
  private readonly deps: LaneManagerDeps;
  private posted: ReadonlyMap<string, PostedHalt> = new Map();
  private boardTimer: NodeJS.Timeout | null = null;
  private closeTimer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(deps: LaneManagerDeps) {
    this.deps = deps;
  }

  /** The pixels that are served. */
  get pixels(): string[] {
    return [...this.configured.keys()];
  }

  /** Reads first which lanes are halted, so that none of them starts with a pointless request. */
  async start(pixels: readonly WorkerPixel[]): Promise<void> {
    this.configured = new Map(pixels.map((pixel) => [pixel.pixelId, pixel]));
    await this.readBoard();
    this.closeTimer = setInterval(() => this.closeIdle(performance.now()), CLOSE_EVERY_MS);
  }

  serves(pixelId: string): boolean {
    return this.configured.has(pixelId);
  }

  /** Rings the lanes of pixels whose queues may have envelopes, and opens those that are closed. */
  onDue(pixelIds: readonly string[]): void {
    for (const pixelId of pixelIds) this.laneOf(pixelId)?.ring();
  }

  /**
   * Applies the configured pixels: closes lanes that are no longer configured (their envelopes stay
   * in Redis), and gives the others their new tokens, with which those that are blocked go on at
   * once. No lane waits for another: new tokens are in use when this returns. Only a pixel whose old
   * lane is still closing waits, because two lanes would hold the same envelopes.
   *
   * @returns resolves when the lanes that it closed are closed, and the fleet knows what changed
   */
  async configure(pixels: readonly WorkerPixel[]): Promise<void> {
    const before = this.configured;
    this.configured = new Map(pixels.map((pixel) => [pixel.pixelId, pixel]));
    for (const pixelId of [...this.running.keys()]) {
      if (!this.configured.has(pixelId)) this.close(pixelId);
    }
    const renewed = pixels.map((pixel) => this.running.get(pixel.pixelId)?.renew(pixel));
    for (const pixelId of this.running.keys()) this.setWeight(pixelId);
    const added = pixels.map(({ pixelId }) => pixelId).filter((id) => !before.has(id));
    const rung = this.deps.ring(added).catch((error: Error) => this.deps.onError(null, error));
    await Promise.all([...renewed, rung, ...this.closing.values()]);
  }

  /** Fetches nothing more and releases what is not being sent; resolves when nothing is held. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.boardTimer !== null) clearTimeout(this.boardTimer);
    if (this.closeTimer !== null) clearInterval(this.closeTimer);
    for (const pixelId of [...this.running.keys()]) this.close(pixelId);
    await Promise.all(this.closing.values());
  }

  /** Waits for no more answers: requests under way are aborted, and cost no attempt. */
  abort(): void {
    this.aborting.abort();
  }

  /** Closes the lanes that have had nothing to do for a while. */
  closeIdle(now: number): void {
    const idle = [...this.running]
      .flatMap(([pixelId, { idleSince }]) => (idleSince === null ? [] : [{ pixelId, idleSince }]))
      .sort((a, b) => a.idleSince - b.idleSince);
    idle.forEach(({ pixelId, idleSince }, at) => {
      const tooMany = at < idle.length - MOST_IDLE;
      if (tooMany || idleSince <= now - IDLE_MS) this.close(pixelId, (lane) => lane.closeIdle());
    });
  }

  private async readBoard(): Promise<void> {
    const { board, onError } = this.deps;
    try {
      this.posted = await board.read();
      for (const [pixelId, { state }] of this.running) {
        state.onPosted(this.posted.get(pixelId) ?? null);
      }
      this.openHalted();
    } catch (error) {
      onError(null, error as Error);
    }
    if (!this.stopped) this.boardTimer = setTimeout(() => void this.readBoard(), BOARD_EVERY_MS);
  }

  /** A halted lane is open in every worker: it shows its state, and a reload probes it. */
  private openHalted(): void {
    for (const pixelId of this.posted.keys()) this.laneOf(pixelId);
  }

  /** The open lane of a pixel; null where it cannot be opened now, and is rung for again later. */
  private laneOf(pixelId: string): PixelLane | null {
    const running = this.running.get(pixelId);
    if (running !== undefined) return running;
    const pixel = this.configured.get(pixelId);
    if (pixel === undefined || this.stopped || this.closing.has(pixelId)) return null;
    this.setWeight(pixelId);
    const posted = this.posted.get(pixelId) ?? null;
    const lane = new PixelLane(pixel, posted, this.aborting.signal, this.deps);
    this.running.set(pixelId, lane);
    this.deps.onOpen?.(this.running.size);
    return lane;
  }

  private setWeight(pixelId: string): void {
    const pixel = this.configured.get(pixelId);
    if (pixel !== undefined) this.deps.capacity.setWeight(pixelId, pixel.weight);
  }

  private close(pixelId: string, end = (lane: PixelLane) => lane.close()): void {
    const running = this.running.get(pixelId);
    if (running === undefined) return;
    this.running.delete(pixelId);
    this.deps.onOpen?.(this.running.size);
    const closed = end(running)
      .catch((error: unknown) => this.deps.onError(pixelId, error as Error))
      .then(() => void this.closing.delete(pixelId));
    this.closing.set(pixelId, closed);
  }
}
