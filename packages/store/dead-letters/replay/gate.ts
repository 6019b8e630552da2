import { setTimeout as sleep } from 'node:timers/promises';
import { type Halt as LaneHalt, phaseOf } from '#core/delivery/halt.ts';
import { createLaneBoard, type LaneBoard } from '../../delivery/lane-board.ts';
import type { Store } from '../../store.ts';
import { goAhead, inFlight, type ReplayOutcomes } from './safety-limits.ts';
import type { Replay, ReplaySpec } from './state.ts';

/** Why a replay stops; `changed`: its state was changed elsewhere. */
export type ReplayStop = {
  readonly state: 'paused' | 'stopped' | 'finished' | 'changed';
  readonly why: string | null;
};

interface ReplayGateDeps {
  readonly store: Store;
  readonly signal: AbortSignal;
  /** Keeps the lock while nothing else happens. */
  readonly keepLock: () => Promise<void>;
  readonly onOutcomes: (outcomes: Pick<Replay, 'delivered' | 'died'>) => void;
}

const POLL_MS = 100;
const KEEP_LOCK_MS = 3000;
/** A lane that is halted for longer than this is not just throttled for a moment. */
const HELD_PATIENCE_MS = 20_000;
/** Time for the first events to be answered, in ms. */
const ANSWER_PATIENCE_MS = 60_000;
const END_PATIENCE_MS = 30_000;

/** What became of what was put back so far. */
interface Reading extends ReplayOutcomes {
  /** For how long no more of it was answered, in ms. */
  readonly quietMs: number;
}

/** Says when the next step of a replay may come, or that there must be none. */
export class ReplayGate {
  private readonly spec: ReplaySpec;
  private readonly deps: ReplayGateDeps;
  private readonly board: LaneBoard;
  private lockKeptAt = Date.now();
  /** From when on the rate allows the next ones, Unix ms; unused time is not made up for. */
  private readyAt = 0;
  /** How many were answered, and when the last of them was, or the wait for it began. */
  private answers = { count: 0, at: 0 };

  constructor(spec: ReplaySpec, deps: ReplayGateDeps) {
    this.spec = spec;
    this.deps = deps;
    this.board = createLaneBoard(deps.store);
  }

  notePassed(events: number): void {
    const now = Date.now();
    this.lockKeptAt = now;
    const { rate } = this.spec;
    if (rate !== null) this.readyAt = Math.max(this.readyAt, now) + (events * 1000) / rate;
  }

  /** Waits until the next step may come; null when it may. */
  async waitForGoAhead(pixelIds: readonly string[]): Promise<ReplayStop | null> {
    let heldSince = 0;
    this.answers.at = Date.now();
    for (;;) {
      const reading = await this.readOutcomes();
      if ('state' in reading) return reading;
      const now = Date.now();
      const ahead = goAhead(reading, this.spec);
      if (ahead.kind === 'stop') return { state: 'stopped', why: ahead.why };
      const halts = await this.halts(pixelIds, now);
      const halt = halts.find(({ state }) => state === 'blocked') ?? halts[0];
      heldSince = halt === undefined ? now : heldSince || now;
      if (halt?.state === 'blocked' || (halt && now - heldSince > HELD_PATIENCE_MS)) {
        return { state: 'stopped', why: haltMessage(halt) };
      }
      const paceMs = Math.max(this.readyAt - now, 0);
      const mayGo = ahead.kind === 'go' && halt === undefined;
      if (mayGo && paceMs === 0) return null;
      if (ahead.kind === 'wait' && !halt && reading.quietMs > ANSWER_PATIENCE_MS) {
        return { state: 'stopped', why: unansweredMessage(reading, ahead.why) };
      }
      await this.pause(mayGo ? paceMs : POLL_MS);
    }
  }

  /** Waits for the outcome of what is under way, as long as outcomes come. */
  async untilAnswered(): Promise<ReplayStop> {
    this.answers.at = Date.now();
    for (;;) {
      const reading = await this.readOutcomes();
      if ('state' in reading) return reading;
      if (inFlight(reading) === 0) return { state: 'finished', why: null };
      if (reading.quietMs > END_PATIENCE_MS) {
        return { state: 'finished', why: `${inFlight(reading)} have no answer yet` };
      }
      await this.pause(POLL_MS);
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

  private async readOutcomes(): Promise<Reading | ReplayStop> {
    const { redis, keys } = this.deps.store;
    const [state, queued, delivered, died] = await redis.hmget(
      keys.replay(this.spec.id),
      ...['state', 'queued', 'delivered', 'died'],
    );
    const outcomes = { delivered: Number(delivered), died: Number(died) };
    this.deps.onOutcomes(outcomes);
    if (state !== 'running') return { state: 'changed', why: null };
    if (this.deps.signal.aborted) return { state: 'paused', why: 'interrupted' };
    const [count, now] = [outcomes.delivered + outcomes.died, Date.now()];
    if (count !== this.answers.count) this.answers = { count, at: now };
    return { queued: Number(queued), ...outcomes, quietMs: now - this.answers.at };
  }

  private async pause(ms: number): Promise<void> {
    const { signal } = this.deps;
    await sleep(Math.min(ms, POLL_MS), undefined, { signal }).catch(() => {});
    if (Date.now() - this.lockKeptAt < KEEP_LOCK_MS) return;
    await this.deps.keepLock();
    this.lockKeptAt = Date.now();
  }
}

/* Why a replay stopped, for people. */

type PixelHalt = LaneHalt & { readonly pixelId: string };

function haltMessage({ pixelId, state, why }: PixelHalt): string {
  return `the lane of pixel ${pixelId} is ${state} (${why}): fix that first`;
}

function unansweredMessage(outcomes: ReplayOutcomes, why: 'canary' | 'answers'): string {
  const what = why === 'canary' ? 'the canary' : 'what was put back';
  return `${what} has no answer: ${inFlight(outcomes)} events wait in the queue; does a worker run?`;
}
