import { setTimeout as sleep } from 'node:timers/promises';
import { type Halt as LaneHalt, phaseOf } from '#core/delivery/halt.ts';
import { createLaneBoard, type LaneBoard } from '../../delivery/lane-board.ts';
import { replayEnvelopeId } from '../../intake/envelope.ts';
import type { Store } from '../../store.ts';
import { type GoAhead, goAhead, inFlight, type ReplayOutcomes } from './safety-limits.ts';
import type { HeldPixel, Replay, ReplaySpec } from './state.ts';

/** Why a replay stops; `changed`: its state was changed elsewhere. */
export type ReplayStop = {
  readonly state: 'paused' | 'stopped' | 'finished' | 'changed';
  readonly why: string | null;
  /** Only halted pixels are left. */
  readonly awaitsPixels?: true;
};

/** The lane of a pixel is halted, so that its dead letters come later. */
export interface ReplayHold extends Pick<HeldPixel, 'pixelId' | 'why'> {
  readonly state: 'held';
  readonly halt: HeldPixel['state'];
}

interface ReplayGateDeps {
  readonly store: Store;
  readonly signal: AbortSignal;
  /** Keeps the lock while nothing else happens. */
  readonly keepLock: () => Promise<void>;
  readonly onOutcomes: (outcomes: Pick<Replay, 'delivered' | 'died'>) => void;
}

const POLL_MS = 100;
const KEEP_LOCK_MS = 3000;
/** Time for the first events to be answered, in ms. */
const ANSWER_PATIENCE_MS = 60_000;
const END_PATIENCE_MS = 30_000;
const READ_STUCK_MS = 1000;

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
  /** How many wait in halted lanes, as far as that matters now. */
  stuck = 0;
  private stuckReadAt = 0;

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

  /**
   * Waits until the next step may come; null when it may.
   * @param patienceMs for how long it waits for a halted lane that recovers by itself
   */
  async waitForGoAhead(
    pixelIds: readonly string[],
    patienceMs: number,
  ): Promise<ReplayStop | ReplayHold | null> {
    const since = Date.now();
    this.answers.at = since;
    for (;;) {
      const reading = await this.readOutcomes();
      if ('state' in reading) return reading;
      const now = Date.now();
      const board = await this.board.read();
      const halt = worstOf(haltsAmong(pixelIds, board, now));
      if (halt !== null && (waitsForPerson(halt) || now - since >= patienceMs)) {
        return { state: 'held', pixelId: halt.pixelId, halt: halt.state, why: halt.why };
      }
      const ahead = await this.aheadOf(reading, board, now);
      if (ahead.kind === 'stop') return { state: 'stopped', why: ahead.why };
      const paceMs = Math.max(this.readyAt - now, 0);
      const mayGo = ahead.kind === 'go' && halt === null;
      if (mayGo && paceMs === 0) return null;
      if (ahead.kind === 'wait' && !halt && reading.quietMs > ANSWER_PATIENCE_MS) {
        return { state: 'stopped', why: unansweredMessage(reading, ahead.why) };
      }
      await this.pause(mayGo ? paceMs : POLL_MS);
    }
  }

  /** Waits for the outcome of what is under way, as long as outcomes come and its lane is not halted. */
  async untilAnswered(): Promise<ReplayStop> {
    this.answers.at = Date.now();
    for (;;) {
      const reading = await this.readOutcomes();
      if ('state' in reading) return reading;
      const open = inFlight(reading);
      if (open === 0) return { state: 'finished', why: null };
      this.stuck = await this.readStuck(await this.board.read(), Date.now());
      if (this.stuck >= open || reading.quietMs > END_PATIENCE_MS) {
        const where = this.stuck > 0 ? `: ${this.stuck} wait for a halted lane` : '';
        return { state: 'finished', why: `${open} have no answer yet${where}` };
      }
      await this.pause(POLL_MS);
    }
  }

  /**
   * What waits in a halted lane has no answer until that is active again, and neither keeps the others
   * waiting nor is a canary for them.
   */
  private async aheadOf(reading: Reading, board: Board, now: number): Promise<GoAhead> {
    const ahead = goAhead(reading, this.spec);
    this.stuck = ahead.kind === 'wait' ? await this.readStuck(board, now) : 0;
    if (this.stuck === 0) return ahead;
    return goAhead({ ...reading, queued: Math.max(reading.queued - this.stuck, 0) }, this.spec);
  }

  /** How many that were put back wait in halted lanes; asked once a second, because many may wait there. */
  private async readStuck(board: Board, now: number): Promise<number> {
    if (now - this.stuckReadAt < READ_STUCK_MS) return this.stuck;
    this.stuckReadAt = now;
    let stuck = 0;
    for (const { pixelId } of haltsAmong([...board.keys()], board, now)) {
      stuck += await countOpen(this.deps.store, pixelId, this.spec.id);
    }
    return stuck;
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

type Board = Awaited<ReturnType<LaneBoard['read']>>;
type PixelHalt = LaneHalt & { readonly pixelId: string };

/** Those that are due to be probed are not among them: what is put back next is the probe. */
function haltsAmong(pixelIds: readonly string[], board: Board, now: number): PixelHalt[] {
  return pixelIds.flatMap((pixelId) => {
    const halt = board.get(pixelId)?.halt ?? null;
    return halt === null || phaseOf(halt, now) !== 'halted' ? [] : { ...halt, pixelId };
  });
}

function worstOf(halts: readonly PixelHalt[]): PixelHalt | null {
  return halts.find(waitsForPerson) ?? halts[0] ?? null;
}

function waitsForPerson({ state }: LaneHalt): boolean {
  return state === 'blocked' || state === 'paused';
}

const OPEN_AT_ONCE = 1000;

/** The events of a replay that are not settled in the queue of a pixel. */
async function countOpen({ redis, keys }: Store, pixelId: string, replay: string): Promise<number> {
  const match = replayEnvelopeId(replay, '*');
  let [cursor, open] = ['0', 0];
  do {
    const scan = ['MATCH', match, 'COUNT', OPEN_AT_ONCE] as const;
    const [next, fields] = await redis.hscan(keys.open(pixelId), cursor, ...scan);
    for (let at = 1; at < fields.length; at += 2) open += Number(fields[at]);
    cursor = next;
  } while (cursor !== '0');
  return open;
}

function unansweredMessage(outcomes: ReplayOutcomes, why: 'canary' | 'answers'): string {
  const what = why === 'canary' ? 'the canary' : 'what was put back';
  return `${what} has no answer: ${inFlight(outcomes)} events wait in the queue; does a worker run?`;
}
