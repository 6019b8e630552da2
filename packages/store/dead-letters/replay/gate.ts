import { setTimeout as sleep } from 'node:timers/promises';
import type { Halt as LaneHalt } from '#core/delivery/halt.ts';
import { phaseOf } from '#core/delivery/halt.ts';
import { createLaneBoard, type LaneBoard } from '../../delivery/lane-board.ts';
import type { Store } from '../../store.ts';
import { goAhead, inFlight, type ReplayOutcomes } from './safety-limits.ts';
import type { Replay, ReplaySpec, ReplayState } from './state.ts';
import { parseState } from './state.ts';

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

interface Reading extends ReplayOutcomes {
  readonly state: ReplayState | null;
}

/** Says when the next step of a replay may come, or that there must be none. */
export class ReplayGate {
  private readonly rateLimiter: RateLimiter;
  private readonly spec: ReplaySpec;
  private readonly deps: ReplayGateDeps;
  private readonly board: LaneBoard;
  private lockKeptAt = Date.now();

  constructor(spec: ReplaySpec, deps: ReplayGateDeps) {
    this.spec = spec;
    this.deps = deps;
    this.rateLimiter = new RateLimiter(spec.rate);
    this.board = createLaneBoard(deps.store);
  }

  /** Notes events that were put back. */
  notePassed(events: number): void {
    this.lockKeptAt = Date.now();
    this.rateLimiter.pass(events, this.lockKeptAt);
  }

  /** Waits until the next step may come; null when it may. */
  async waitForGoAhead(pixelIds: readonly string[]): Promise<ReplayStop | null> {
    let answers = -1;
    let [heldSince, quietSince] = [0, Date.now()];
    for (;;) {
      const reading = await this.readOutcomes();
      const ended = this.ended(reading);
      if (ended !== null) return ended;
      const now = Date.now();
      const ahead = goAhead(reading, this.spec);
      if (ahead.kind === 'stop') return { state: 'stopped', why: ahead.why };
      if (reading.delivered + reading.died !== answers) quietSince = now;
      answers = reading.delivered + reading.died;
      const halts = await this.halts(pixelIds, now);
      const blocked = halts.find(({ state }) => state === 'blocked');
      if (blocked !== undefined) return { state: 'stopped', why: haltMessage(blocked) };
      const [halt] = halts;
      heldSince = halt === undefined ? now : heldSince || now;
      if (halt !== undefined && now - heldSince > HELD_PATIENCE_MS) {
        return { state: 'stopped', why: haltMessage(halt) };
      }
      const paceMs = this.rateLimiter.waitMs(now);
      if (ahead.kind === 'go' && halt === undefined && paceMs === 0) return null;
      if (ahead.kind === 'wait' && halt === undefined && now - quietSince > ANSWER_PATIENCE_MS) {
        return { state: 'stopped', why: unansweredMessage(reading, ahead.why) };
      }
      await this.pause(ahead.kind === 'go' && halt === undefined ? paceMs : POLL_MS);
    }
  }

  /** Waits for the outcome of what is under way, as long as outcomes come. */
  async untilAnswered(): Promise<ReplayStop> {
    let answers = -1;
    let quietSince = Date.now();
    for (;;) {
      const reading = await this.readOutcomes();
      const ended = this.ended(reading);
      if (ended !== null) return ended;
      if (reading.delivered + reading.died !== answers) quietSince = Date.now();
      answers = reading.delivered + reading.died;
      if (inFlight(reading) === 0) return { state: 'finished', why: null };
      if (Date.now() - quietSince > END_PATIENCE_MS) {
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

  private async readOutcomes(): Promise<Reading> {
    const { redis, keys } = this.deps.store;
    const [state, queued, delivered, died] = await redis.hmget(
      keys.replay(this.spec.id),
      ...['state', 'queued', 'delivered', 'died'],
    );
    const outcomes = { delivered: Number(delivered), died: Number(died) };
    this.deps.onOutcomes(outcomes);
    return { state: parseState(state), queued: Number(queued), ...outcomes };
  }

  private ended({ state }: Reading): ReplayStop | null {
    if (state !== 'running') return { state: 'changed', why: null };
    return this.deps.signal.aborted ? { state: 'paused', why: 'interrupted' } : null;
  }

  private async pause(ms: number): Promise<void> {
    await sleepUntilAborted(Math.min(ms, POLL_MS), this.deps.signal);
    if (Date.now() - this.lockKeptAt < KEEP_LOCK_MS) return;
    await this.deps.keepLock();
    this.lockKeptAt = Date.now();
  }
}

/* Why a replay stopped, for people. */

/** A halted lane. */
type PixelHalt = LaneHalt & { readonly pixelId: string };

function haltMessage({ pixelId, state, why }: PixelHalt): string {
  return `the lane of pixel ${pixelId} is ${state} (${why}): fix that first`;
}

function unansweredMessage(outcomes: ReplayOutcomes, why: 'canary' | 'answers'): string {
  const what = why === 'canary' ? 'the canary' : 'what was put back';
  return `${what} has no answer: ${inFlight(outcomes)} events wait in the queue; does a worker run?`;
}

/** Dead letters that are replayed in one step, in less than a moment. */
const MOST_AT_ONCE = 250;

/** How many at once: about half a second's worth where a rate is asked for. */
export function stepSize(rate: number | null): number {
  return rate === null ? MOST_AT_ONCE : Math.min(Math.ceil(rate / 2), MOST_AT_ONCE);
}

/** Limits dead letters a second; unused time is not made up for. */
class RateLimiter {
  private readyAt = 0;
  /** A second; null lets everything pass. */
  private readonly rate: number | null;

  constructor(rate: number | null) {
    this.rate = rate;
  }

  /** How long the next ones have to wait, in ms; `now` in ms. */
  waitMs(now: number): number {
    return Math.max(this.readyAt - now, 0);
  }

  /** Notes events that pass now. */
  pass(events: number, now: number): void {
    if (this.rate !== null)
      this.readyAt = Math.max(this.readyAt, now) + (events * 1000) / this.rate;
  }
}

/** Waits, or ends at once when told to stop. */
async function sleepUntilAborted(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}
