import type { RejectionPolicy } from '#core/delivery/rejections.ts';
import type { Redis } from '#queue/connection.ts';
import { type Lane, openLane } from '#queue/lane.ts';
import type { LaneBoard, PostedHalt } from '#queue/lane-board.ts';
import type { Sealer } from '#queue/sealing.ts';
import type { SettlementStore } from '#queue/settlement.ts';
import type { TroubledEnvelopes } from '#queue/troubled-envelopes.ts';
import { Gatherer } from './gatherer.ts';
import type { GraphClient } from './graph-client.ts';
import type { JudgementPolicy } from './judgement.ts';
import { LaneControl } from './lane-control.ts';
import type { LanePolicy } from './lane-policy.ts';
import type { LaneObserver } from './observer.ts';
import { createEnvelopeHandler } from './pixel-lane.ts';
import { type Credentials, Sender } from './sender.ts';
import type { Suspects } from './suspects.ts';

/** A pixel as the worker needs it. */
export interface WorkerPixel extends Credentials {
  readonly pixelId: string;
}

/** What the lanes of a worker have in common. */
export interface RunningLaneOptions {
  readonly redis: Redis;
  readonly prefix: string;
  readonly sealer: Sealer;
  readonly store: SettlementStore;
  readonly troubled: TroubledEnvelopes;
  /** One for all lanes: they share the process that a suspect may end. */
  readonly suspects: Suspects;
  readonly board: LaneBoard;
  readonly client: GraphClient;
  readonly observerOf: (pixelId: string) => LaneObserver;
  readonly policy: JudgementPolicy;
  readonly lane: LanePolicy;
  readonly rejections: RejectionPolicy;
  /** Events of the request that probes a lane. */
  readonly probeEvents: number;
  readonly envelopesPerPixel: number;
  /** How long an envelope stays with a worker that gives no sign of life, in ms. */
  readonly lockMs: number;
  readonly batch: {
    readonly maxEvents: number;
    readonly maxBytes: number;
    readonly lingerMs: number;
  };
  readonly onError: (pixelId: string, error: Error) => void;
}

/** A lane of this worker: what takes from the queue, what gathers, what sends. */
export interface Running {
  readonly lane: Lane;
  readonly gatherer: Gatherer;
  readonly sender: Sender;
  readonly control: LaneControl;
  credentials: Credentials;
}

/**
 * Opens the lane of a pixel.
 *
 * @param posted what the lane board says of it
 * @param signal aborts requests under way when the worker's time to stop runs out
 */
export function openRunningLane(
  pixel: WorkerPixel,
  posted: PostedHalt | null,
  signal: AbortSignal,
  options: RunningLaneOptions,
): Running {
  const { pixelId } = pixel;
  const { redis, prefix, sealer, store, board, client, policy, lane: lanePolicy } = options;
  const observer = options.observerOf(pixelId);
  const onError = (error: Error) => options.onError(pixelId, error);
  const control = new LaneControl({ pixelId, board, policy: lanePolicy, observer, onError });
  control.start(posted);
  const { rejections, probeEvents } = options;
  const { marginMs } = policy;
  const about = { pixelId, client, control, observer, rejections, probeEvents, marginMs, signal };
  const sender = new Sender(pixel, about);
  const { lingerMs, ...limits } = options.batch;
  const gatherer = new Gatherer({
    limits,
    lingerMs,
    pace: control,
    send: (records, trigger) => sender.send(records, trigger),
  });
  const stopping = () => signal.aborted;
  const { troubled, suspects } = options;
  const rooms = {
    pixelId,
    sealer,
    store,
    troubled,
    suspects,
    gatherer,
    policy,
    observer,
    stopping,
  };
  const { envelopesPerPixel: concurrency, lockMs } = options;
  const lane = openLane(
    redis,
    { prefix, pixelId, concurrency, lockMs, onError },
    createEnvelopeHandler(rooms),
  );
  return { lane, gatherer, sender, control, credentials: pixel };
}
