import type { Configuration } from '#config/configuration.ts';
import { OffenderPatterns } from '#core/delivery/offender-patterns.ts';
import { type RequestSettings, requestMembers } from '#core/record/request-members.ts';
import type { GraphClient } from '#graph/client.ts';
import type { HeldEnvelope, LaneOptions, Lane as Queue } from '#store/delivery/lane.ts';
import type { LaneBoard, PostedHalt } from '#store/delivery/lane-board.ts';
import type { PoisonStore } from '#store/delivery/poison.ts';
import type { SettlementStore } from '#store/delivery/settlement.ts';
import type { TailWriter } from '#store/delivery/tail.ts';
import type { Sealer } from '#store/sealing.ts';
import type { Tracing } from '#tracing/tracing.ts';
import { Batcher } from './batcher.ts';
import type { Capacity } from './capacity.ts';
import { EnvelopeHandler } from './envelope-handler.ts';
import type { LaneObserver } from './observer.ts';
import { PoisonGuard } from './poison.ts';
import { LaneReceipts } from './receipts.ts';
import { Requester } from './requester.ts';
import { BatchSender } from './sender.ts';
import type { ShadowSettings } from './shadow.ts';
import { LaneState, type LaneStateDeps } from './state.ts';
import { batchLine } from './tail-lines.ts';

export interface WorkerPixel extends RequestSettings {
  readonly pixelId: string;
  /** Null for none. */
  readonly shadow: ShadowSettings | null;
  /** Its part of what the lanes of a process share, against those of the others. */
  readonly weight: number;
}

type Observer = Pick<LaneObserver, keyof LaneObserver>;

/** What the lanes of a worker have in common. */
export interface LaneDeps {
  readonly settings: Configuration['worker'];
  readonly capacity: Capacity;
  /** Starts to fetch the envelopes of a pixel, and gives each to `handle`. */
  readonly openQueue: (
    options: Omit<LaneOptions, 'leases'>,
    handle: (envelope: HeldEnvelope) => Promise<void>,
  ) => Queue;
  readonly sealer: Sealer;
  readonly store: SettlementStore;
  /** Whether receipts are kept. */
  readonly keepsReceipts?: boolean;
  readonly notes: PoisonStore;
  readonly board: LaneBoard;
  readonly client: GraphClient;
  /** For copies to shadow datasets. */
  readonly shadowClient: GraphClient;
  readonly tracing: Tracing;
  /** For people who run `tail`; a test may leave it out. */
  readonly tail?: Pick<TailWriter, 'watched' | 'note'>;
  readonly observerOf: (pixelId: string) => Observer;
  /** @param pixelId null where the error is of no single lane */
  readonly onError: (pixelId: string | null, error: Error) => void;
}

/** The lane of one pixel in this worker: from its queue through batches to Meta, and back to settle. */
export class PixelLane {
  readonly state: LaneState;
  private readonly requester: Requester;
  private readonly batcher: Batcher;
  private readonly poison: PoisonGuard;
  private readonly handler: EnvelopeHandler;
  private readonly queue: Queue;

  /**
   * @param posted what the lane board says of it
   * @param signal aborts requests under way when the worker's time to stop runs out
   */
  constructor(pixel: WorkerPixel, posted: PostedHalt | null, signal: AbortSignal, deps: LaneDeps) {
    const { pixelId } = pixel;
    const { settings, capacity, sealer, store, notes } = deps;
    const observer = deps.observerOf(pixelId);
    const onError = (error: Error) => deps.onError(pixelId, error);
    const receipts = deps.keepsReceipts ? new LaneReceipts() : null;
    const lane = { ...deps, pixelId, observer, onError, signal, receipts };
    const policy = { retry: settings.retry, marginMs: settings.horizonMarginMs };
    this.state = new LaneState({ ...lane, policy: statePolicy(settings) }, posted);
    this.requester = new Requester(pixel, { ...lane, state: this.state });
    this.requester.shadow.settings = pixel.shadow;
    this.batcher = this.createBatcher(pixelId, observer, deps);
    this.poison = new PoisonGuard({
      ...{ pixelId, notes, policy: settings.suspects, slot: capacity.suspects },
      noticeMs: settings.lockMs / 2,
    });
    this.handler = new EnvelopeHandler({
      ...{ pixelId, sealer, store, notes, observer, onError, signal, policy, receipts },
      ...{ poison: this.poison, batcher: this.batcher, turns: capacity.turns },
      unreadableMs: settings.blocked.probeMs,
    });
    this.queue = this.startQueue(pixelId, onError, deps);
  }

  /**
   * Takes over what a reload brings. A reload is a person's work: a blocked lane is probed at once,
   * and so is one that has a new token.
   */
  async renew(next: RequestSettings & Pick<WorkerPixel, 'shadow'>): Promise<void> {
    const { credentials, shadow } = this.requester;
    shadow.settings = next.shadow;
    const renewed =
      next.accessToken !== credentials.accessToken ||
      requestMembers(next) !== requestMembers(credentials);
    if (renewed) {
      this.requester.credentials = next;
      this.state.resetRejections();
    }
    await this.state.reconsider(renewed);
  }

  /** Fetches nothing more, releases what is not being sent, and resolves when nothing is held. */
  close(): Promise<void> {
    this.handler.close();
    const closed = this.queue.close();
    this.poison.close();
    this.batcher.drain();
    return closed;
  }

  private createBatcher(pixelId: string, observer: Observer, deps: LaneDeps): Batcher {
    const { settings, capacity, tracing, tail } = deps;
    const { lingerMs, ...limits } = settings.batch;
    const sending = {
      ...{ pixelId, observer, tracing, state: this.state, requester: this.requester },
      patterns: new OffenderPatterns(),
      probeEvents: settings.breaker.probeEvents,
      marginMs: settings.horizonMarginMs,
      now: Date.now,
      random: Math.random,
    };
    return new Batcher({
      ...{ pixelId, limits, lingerMs, pace: this.state, requests: capacity.requests },
      send(batch) {
        if (tail?.watched) tail.note(batchLine(pixelId, batch));
        return new BatchSender(sending, batch).send();
      },
    });
  }

  private startQueue(pixelId: string, onError: (error: Error) => void, deps: LaneDeps): Queue {
    const { settings, capacity, openQueue } = deps;
    const { envelopesPerPixel: concurrency, lockMs } = settings;
    const room = capacity.roomFor(pixelId);
    const { handler } = this;
    const onMalformed = (id: string, why: string) => handler.unreadable(id, why);
    const options = { pixelId, concurrency, room, lockMs, onError, onMalformed };
    return openQueue(options, (envelope) => handler.handle(envelope));
  }
}

function statePolicy(settings: Configuration['worker']): LaneStateDeps['policy'] {
  const { breaker, throttle, blocked, rejections } = settings;
  return {
    halt: {
      throttleMs: throttle.defaultMs,
      leastThrottleMs: throttle.leastMs,
      probeMs: blocked.probeMs,
      failingMs: breaker.baseMs,
      capMs: breaker.capMs,
    },
    breaker,
    concurrency: { most: settings.requestsPerPixel, usageFrom: settings.usageFrom },
    rejections,
  };
}
