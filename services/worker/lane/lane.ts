import type { FairShare } from '#core/delivery/fair-share.ts';
import type { RejectionPolicy } from '#core/delivery/rejections.ts';
import { openLane } from '#store/delivery/lane.ts';
import type { LaneBoard, PostedHalt } from '#store/delivery/lane-board.ts';
import type { Leases } from '#store/delivery/leases.ts';
import type { TroubledEnvelopes } from '#store/delivery/poison.ts';
import type { SettlementStore } from '#store/delivery/settlement.ts';
import type { Sealer } from '#store/sealing.ts';
import type { Store } from '#store/store.ts';
import type { Tracing } from '#tracing/tracing.ts';
import type { GraphClient } from '../graph-client.ts';
import { Batcher } from './batcher.ts';
import { createEnvelopeHandler } from './envelope-handler.ts';
import { EnvelopeRoom, type EnvelopeSize } from './envelope-room.ts';
import type { LanePolicy } from './lane-policy.ts';
import type { LaneObserver } from './observer.ts';
import { type Credentials, Sender } from './requester.ts';
import type { JudgementPolicy } from './settle.ts';
import { LaneState } from './state.ts';
import type { Turns } from './turns.ts';

/** A pixel as the worker needs it. */
export interface WorkerPixel extends Credentials {
  readonly pixelId: string;
  /** Its part of what the lanes of a process share, against those of the others. */
  readonly weight: number;
}

/** What the lanes of a worker have in common. */
export interface RunningLaneOptions {
  /** The queues, on a connection that may wait. */
  readonly queues: Store;
  readonly sealer: Sealer;
  readonly store: SettlementStore;
  readonly troubled: TroubledEnvelopes;
  /** One suspect at a time in all lanes: they share the process that it may end. */
  readonly suspects: FairShare;
  /** Requests under way and events in memory, shared by all lanes of the process. */
  readonly requests: FairShare;
  readonly heldEvents: FairShare;
  readonly envelopeSize: EnvelopeSize;
  readonly leases: Leases;
  readonly turns: Turns;
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

/** A lane of this worker: what takes from the queue, and what sends. */
export interface PixelLane {
  /** Fetches nothing more, releases what is not being sent, and resolves when nothing is held. */
  close(): Promise<void>;
  readonly sender: Sender;
  readonly control: LaneState;
  credentials: Credentials;
}

/**
 * Opens the lane of a pixel.
 *
 * @param posted what the lane board says of it
 * @param signal aborts requests under way when the worker's time to stop runs out
 */
export function startLane(
  pixel: WorkerPixel,
  posted: PostedHalt | null,
  signal: AbortSignal,
  options: RunningLaneOptions,
): PixelLane {
  const { pixelId } = pixel;
  const { queues, sealer, store, board, client, policy, lane: lanePolicy } = options;
  const observer = options.observerOf(pixelId);
  const onError = (error: Error) => options.onError(pixelId, error);
  const control = new LaneState({ pixelId, board, policy: lanePolicy, observer, onError });
  control.start(posted);
  const { rejections, probeEvents } = options;
  const { marginMs } = policy;
  const sending = { client, tracing: options.tracing, rejections, probeEvents, marginMs, signal };
  const sender = new Sender(pixel, { ...sending, pixelId, control, observer });
  const { lingerMs, ...limits } = options.batch;
  const gatherer = new Batcher({
    limits,
    lingerMs,
    pace: control,
    slots: (work, dismissed) =>
      whenGranted(options.requests, pixelId, work).then((done) => {
        if (done === null) dismissed();
      }),
    send: (records, trigger, confirm, suspect) => sender.send(records, trigger, confirm, suspect),
  });
  let closing = false;
  const { troubled, suspects } = options;
  const rooms = {
    turn: () => options.turns.next(),
    alone: <T>(work: () => Promise<T>) => whenGranted(suspects, pixelId, work),
    pixelId,
    sealer,
    store,
    troubled,
    noticeMs: options.lockMs / 2,
    gatherer,
    policy,
    observer,
    onError,
    closing: () => closing,
    stopping: () => signal.aborted,
  };
  const { envelopesPerPixel: concurrency, lockMs } = options;
  const room = new EnvelopeRoom(options.heldEvents, pixelId, options.envelopeSize);
  const lane = openLane(
    queues,
    { pixelId, concurrency, room, lockMs, leases: options.leases, onError },
    createEnvelopeHandler(rooms),
  );
  return {
    close() {
      closing = true;
      const closed = lane.close();
      suspects.dismiss(pixelId);
      gatherer.drain();
      options.requests.dismiss(pixelId);
      return closed;
    },
    sender,
    control,
    credentials: pixel,
  };
}

/** Works once it has a part of what is shared; null when the lane is dismissed before. */
async function whenGranted<T>(
  share: FairShare,
  lane: string,
  work: () => Promise<T>,
): Promise<T | null> {
  const granted = await new Promise<boolean>((resolve) => {
    const answer = (yes: boolean) => () => resolve(yes);
    share.ask(lane, 1, answer(true), answer(false));
  });
  if (!granted) return null;
  try {
    return await work();
  } finally {
    share.release(lane, 1);
  }
}

/** What a pixel gets of what is shared follows its weight, which a reload may change. */
export function setWeights(
  { pixelId, weight }: WorkerPixel,
  { requests, heldEvents }: RunningLaneOptions,
): void {
  requests.setWeight(pixelId, weight);
  heldEvents.setWeight(pixelId, weight);
}
