import type { Redis } from '#queue/connection.ts';
import { createKeys } from '#queue/keys.ts';
import { createLaneBoard, type LaneBoard } from '#queue/lane-board.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';
import { inFlight, mayGoOn, type Outcomes } from './brakes.ts';
import { Pace, pause } from './pace.ts';
import type { Replay, ReplaySpec, ReplayState } from './record.ts';

/** Why a replay goes no further; `changed`: somebody else has put it into another state. */
export type Halt = {
  readonly state: 'paused' | 'stopped' | 'finished' | 'changed';
  readonly why: string | null;
};

export interface ClearanceRooms {
  readonly redis: Redis;
  readonly configuration: () => Configuration;
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
    this.board = createLaneBoard(rooms.redis, this.prefix);
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
      const halted = await this.board.read();
      const held = pixelIds.filter((pixelId) => halted.has(pixelId));
      heldSince = held.length === 0 ? now : heldSince || now;
      if (now - heldSince > HELD_PATIENCE_MS) return { state: 'stopped', why: heldWords(held) };
      const paceMs = this.pace.waitMs(now);
      if (verdict.kind === 'go' && held.length === 0 && paceMs === 0) return null;
      if (verdict.kind === 'wait' && held.length === 0 && now - quietSince > ANSWER_PATIENCE_MS) {
        return { state: 'stopped', why: unanswered(look, verdict.why) };
      }
      await this.rest(verdict.kind === 'go' && held.length === 0 ? paceMs : LOOK_MS);
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

  private get prefix(): string {
    return this.rooms.configuration().redis.prefix;
  }

  private async look(): Promise<Look> {
    const key = createKeys(this.prefix).replay(this.spec.id);
    const [state, queued, delivered, died] = await this.rooms.redis.hmget(
      key,
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

function heldWords(pixelIds: readonly string[]): string {
  const which =
    pixelIds.length === 1
      ? `the lane of pixel ${pixelIds[0]}`
      : `the lanes of pixels ${pixelIds.join(', ')}`;
  return `${which} stands still (throttled, or token or permission refused): mend that first`;
}

function unanswered(outcomes: Outcomes, why: 'canary' | 'answers'): string {
  const what = why === 'canary' ? 'the canary' : 'what was put back';
  return `${what} has no answer: ${inFlight(outcomes)} events wait in the queue; does a worker run?`;
}
