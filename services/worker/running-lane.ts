import type { FairShare } from '#core/delivery/fair-share.ts';
import type { RejectionPolicy } from '#core/delivery/rejections.ts';
import type { Redis } from '#queue/connection.ts';
import { type Lane, openLane } from '#queue/lane.ts';
import type { LaneBoard, PostedHalt } from '#queue/lane-board.ts';
import type { Sealer } from '#queue/sealing.ts';
import type { SettlementStore } from '#queue/settlement.ts';
import type { TroubledEnvelopes } from '#queue/troubled-envelopes.ts';
import type { Tracing } from '#tracing/tracing.ts';
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
  /** Its part of what the lanes of a process share, against those of the others. */
  readonly weight: number;
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
  /** Requests under way and events in memory, shared by all lanes of the process. */
  readonly requests: FairShare;
  readonly heldEvents: FairShare;
  readonly board: LaneBoard;
  readonly client: GraphClient;
  readonly tracing: Tracing;
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
  const sending = { client, tracing: options.tracing, rejections, probeEvents, marginMs, signal };
  const sender = new Sender(pixel, { ...sending, pixelId, control, observer });
  const { lingerMs, ...limits } = options.batch;
  const gatherer = new Gatherer({
    limits,
    lingerMs,
    pace: control,
    slots: (work) => whenGranted(options.requests, pixelId, 1, work),
    send: (records, trigger, confirm, suspect) => sender.send(records, trigger, confirm, suspect),
  });
  const stopping = () => signal.aborted;
  const { troubled, suspects } = options;
  const held = <T>(events: number, work: () => Promise<T>) =>
    whenGranted(options.heldEvents, pixelId, events, work);
  const rooms = {
    held,
    pixelId,
    sealer,
    store,
    troubled,
    suspects,
    gatherer,
    policy,
    observer,
    onError,
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

/** Works once the units are granted, and gives them back. */
function whenGranted<T>(
  share: FairShare,
  lane: string,
  units: number,
  work: () => Promise<T>,
): Promise<T> {
  return new Promise<void>((resolve) => share.ask(lane, units, resolve))
    .then(work)
    .finally(() => share.giveBack(lane, units));
}

/** What a pixel gets of what is shared follows its weight, which a reload may change. */
export function weigh(
  { pixelId, weight }: WorkerPixel,
  { requests, heldEvents }: RunningLaneOptions,
): void {
  requests.weigh(pixelId, weight);
  heldEvents.weigh(pixelId, weight);
}
