import { phaseOf } from '#core/delivery/halt.ts';
import { createLaneBoard, type LaneBoard } from '../../delivery/lane-board.ts';
import type { Store } from '../../store.ts';
import { inFlight, mayGoOn, type Outcomes } from './brakes.ts';
import { haltWords, type PixelHalt, unanswered } from './halt-words.ts';
import { Pace, pause } from './pace.ts';
import type { Replay, ReplaySpec, ReplayState } from './record.ts';

/** Why a replay goes no further; `changed`: somebody else has put it into another state. */
export type Halt = {
  readonly state: 'paused' | 'stopped' | 'finished' | 'changed';
  readonly why: string | null;
};

export interface ClearanceRooms {
  readonly store: Store;
  readonly signal: AbortSignal;
  /** Keeps the lock while nothing else happens. */
  readonly keepLock: () => Promise<void>;
  readonly onLook: (outcomes: Pick<Replay, 'delivered' | 'died'>) => void;
}

const LOOK_MS = 100;
const KEEP_LOCK_MS = 3000;
/** A lane that stands still for so long is not only throttled for a moment. */
const HELD_PATIENCE_MS = 20_000;
/** Somebody must be there to answer. */
const ANSWER_PATIENCE_MS = 60_000;
const END_PATIENCE_MS = 30_000;

interface Look extends Outcomes {
  readonly state: ReplayState | null;
}

/** Says when the next step of a replay may come, or that there must be none. */
export class Clearance {
  private readonly pace: Pace;
  private readonly spec: ReplaySpec;
  private readonly rooms: ClearanceRooms;
  private readonly board: LaneBoard;
  private lockKeptAt = Date.now();

  constructor(spec: ReplaySpec, rooms: ClearanceRooms) {
    this.spec = spec;
    this.rooms = rooms;
    this.pace = new Pace(spec.rate);
    this.board = createLaneBoard(rooms.store);
  }

  /** So many were put back. */
  passed(events: number): void {
    this.lockKeptAt = Date.now();
    this.pace.pass(events, this.lockKeptAt);
  }

  /** Waits until the next step may come; null when it may. */
  async wait(pixelIds: readonly string[]): Promise<Halt | null> {
    let answers = -1;
    let [heldSince, quietSince] = [0, Date.now()];
    for (;;) {
      const look = await this.look();
      const ended = this.ended(look);
      if (ended !== null) return ended;
      const now = Date.now();
      const verdict = mayGoOn(look, this.spec);
      if (verdict.kind === 'stop') return { state: 'stopped', why: verdict.why };
      if (look.delivered + look.died !== answers) quietSince = now;
      answers = look.delivered + look.died;
      const halts = await this.halts(pixelIds, now);
      const blocked = halts.find(({ state }) => state === 'blocked');
      if (blocked !== undefined) return { state: 'stopped', why: haltWords(blocked) };
      const [halt] = halts;
      heldSince = halt === undefined ? now : heldSince || now;
      if (halt !== undefined && now - heldSince > HELD_PATIENCE_MS) {
        return { state: 'stopped', why: haltWords(halt) };
      }
      const paceMs = this.pace.waitMs(now);
      if (verdict.kind === 'go' && halt === undefined && paceMs === 0) return null;
      if (verdict.kind === 'wait' && halt === undefined && now - quietSince > ANSWER_PATIENCE_MS) {
        return { state: 'stopped', why: unanswered(look, verdict.why) };
      }
      await this.rest(verdict.kind === 'go' && halt === undefined ? paceMs : LOOK_MS);
    }
  }

  /** Waits for the outcome of what is under way, as long as outcomes come. */
  async untilAnswered(): Promise<Halt> {
    let answers = -1;
    let quietSince = Date.now();
    for (;;) {
      const look = await this.look();
      const ended = this.ended(look);
      if (ended !== null) return ended;
      if (look.delivered + look.died !== answers) quietSince = Date.now();
      answers = look.delivered + look.died;
      if (inFlight(look) === 0) return { state: 'finished', why: null };
      if (Date.now() - quietSince > END_PATIENCE_MS) {
        return { state: 'finished', why: `${inFlight(look)} have no answer yet` };
      }
      await this.rest(LOOK_MS);
    }
  }

  /** Those that are due to be probed are not among them: what is put back next is the probe. */
  private async halts(pixelIds: readonly string[], now: number): Promise<PixelHalt[]> {
    const board = await this.board.read();
    return pixelIds.flatMap((pixelId) => {
      const halt = board.get(pixelId)?.halt ?? null;
      return halt === null || phaseOf(halt, now) !== 'halted' ? [] : { ...halt, pixelId };
    });
  }

  private async look(): Promise<Look> {
    const { redis, keys } = this.rooms.store;
    const [state, queued, delivered, died] = await redis.hmget(
      keys.replay(this.spec.id),
      ...['state', 'queued', 'delivered', 'died'],
    );
    const outcomes = { delivered: Number(delivered), died: Number(died) };
    this.rooms.onLook(outcomes);
    return { state: (state ?? null) as ReplayState | null, queued: Number(queued), ...outcomes };
  }

  private ended({ state }: Look): Halt | null {
    if (state !== 'running') return { state: 'changed', why: null };
    return this.rooms.signal.aborted ? { state: 'paused', why: 'interrupted' } : null;
  }

  private async rest(ms: number): Promise<void> {
    await pause(Math.min(ms, LOOK_MS), this.rooms.signal);
    if (Date.now() - this.lockKeptAt < KEEP_LOCK_MS) return;
    await this.rooms.keepLock();
    this.lockKeptAt = Date.now();
  }
}
