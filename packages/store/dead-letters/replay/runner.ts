import { type DeadLetterFilter, parseFilter } from '#core/dead-letter/filter.ts';
import { faultOf } from '#core/privacy/fault.ts';
import type { Redis } from '../../connection.ts';
import { LockError } from '../../locks.ts';
import type { SealedStore } from '../../store.ts';
import { type Commit, type DeadLetterChange, withLock } from '../change.ts';
import { readCursor, writeCursor } from '../pages/cursor.ts';
import type { PlacedLetter } from '../pages/reader.ts';
import { selectPlaced } from '../select.ts';
import { attemptedCount } from './counts.ts';
import { ReplayGate, type ReplayHold, type ReplayStop } from './gate.ts';
import { heldWords } from './held.ts';
import { type HeldPixel, progressFields, type Replay } from './state.ts';
import { createStepPlanner, type ReplaySections } from './step.ts';
import { changeReplay, readReplay } from './store.ts';

interface RunnerDeps {
  /** On a connection of its own: what a replay reads is large. */
  readonly store: SealedStore;
  /** The settings of this moment: fixes made while it runs apply from then on. */
  readonly configuration: () => ReplaySections;
  /** A name that no other process has. */
  readonly owner: string;
  /** The actor in the audit trail when it halts by itself. */
  readonly by: string;
  readonly signal: AbortSignal;
  /** When the signal comes: `pause` it, or `leave` it for another process to run. */
  readonly onStopping: 'pause' | 'leave';
  readonly onProgress: (replay: Replay) => void;
}

/**
 * Runs a replay until it ends, or a person or a safety rule stops it. Each step happens
 * as a whole or not at all, with how far the replay has come, so that the process that resumes it after a
 * crash loses nothing and sends nothing twice.
 *
 * @throws LockError while another process replays or purges
 */
export function runReplay(id: string, deps: RunnerDeps): Promise<Replay> {
  const { store, owner } = deps;
  return withLock(store, owner, async (commit) => {
    const replay = await readReplay(store, id);
    if (replay === null) throw new Error(`there is no replay ${id}`);
    const stop = await runOrStop(new Runner(replay, commit, deps), store.redis);
    const { state, why, awaitsPixels = false } = stop;
    const isLeft = deps.signal.aborted && state === 'paused' && deps.onStopping === 'leave';
    if (state !== 'changed' && !isLeft) {
      await changeReplay(store, id, { state, why, by: deps.by, awaitsPixels });
    }
    return (await readReplay(store, id)) ?? replay;
  });
}

/** What Redis answers for a while; a replay that meets it is carried on later. */
const PASSING =
  /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|OOM|NOREPLICAS|NOAUTH)\b/;

/**
 * An error that would come again stops the replay, with its reason: a replay that is left running is
 * taken up again and again, and lets no other one begin.
 */
async function runOrStop(runner: Runner, redis: Redis): Promise<ReplayStop> {
  try {
    return await runner.run();
  } catch (error) {
    const passing = redis.status !== 'ready' || PASSING.test((error as Error).message ?? '');
    if (error instanceof LockError || passing) throw error;
    return { state: 'stopped', why: stopReasonOf(error as Error) };
  }
}

/** Redis's own words say what is wrong and nothing of an event; those of other errors may. */
function stopReasonOf(error: Error): string {
  if (error.name === 'ReplyError') return `Redis refuses: ${error.message.slice(0, LONGEST_REPLY)}`;
  return `an error of ours: ${faultOf(error)}`;
}

const LONGEST_REPLY = 200;

/** A lane that is halted for longer than this is not just throttled for a moment. */
const HELD_PATIENCE_MS = 20_000;

type Halt = ReplayStop | ReplayHold;

/** Dead letters that are replayed in one step, in less than a moment. */
const MOST_AT_ONCE = 250;

class Runner {
  private replay: Replay;
  private readonly commit: (change: DeadLetterChange) => Promise<void>;
  private readonly deps: RunnerDeps;
  private readonly gate: ReplayGate;
  private readonly held: Map<string, HeldPixel>;
  private readonly planStep: ReturnType<typeof createStepPlanner>;

  constructor(replay: Replay, commit: Commit, deps: RunnerDeps) {
    this.replay = replay;
    this.held = new Map(replay.held.map((held) => [held.pixelId, held]));
    this.commit = (change) =>
      commit(change, `${this.replay.counts.replayed} were put back into the queue`);
    this.deps = deps;
    this.planStep = createStepPlanner(deps);
    const keepLock = () => this.commit({});
    const onOutcomes = (outcomes: Partial<Replay>) => this.report(outcomes);
    this.gate = new ReplayGate(replay.spec, { ...deps, keepLock, onOutcomes });
  }

  async run(): Promise<ReplayStop> {
    const parsed = parseFilter(this.replay.spec.where);
    if (!parsed.ok)
      return { state: 'stopped', why: `its filter cannot be read: ${parsed.problem}` };
    const halt = await this.pass(parsed.filter, null);
    if (halt !== null && halt.state !== 'held') return halt;
    return this.returnToHeld(parsed.filter);
  }

  /**
   * The dead letters of the pixels that it passed over, once the others are answered. Where the lanes of
   * all of these are still halted, a person must act.
   */
  private async returnToHeld(filter: DeadLetterFilter): Promise<ReplayStop> {
    for (;;) {
      const end = await this.gate.untilAnswered();
      if (end.state !== 'finished' || this.held.size === 0 || this.left() <= 0) return end;
      let passed = 0;
      for (const pixelId of [...this.held.keys()]) {
        const ahead = await this.goAhead([pixelId], HELD_PATIENCE_MS);
        const halt = ahead ?? (await this.pass(filter, pixelId));
        if (halt === null) passed += 1;
        else if (halt.state !== 'held') return halt;
      }
      if (passed > 0) continue;
      const why = `only halted pixels are left: ${heldWords([...this.held.values()])}`;
      return { state: 'stopped', why, awaitsPixels: true };
    }
  }

  /** Goes through all of them but those of held pixels, or through those of one of these. */
  private async pass(filter: DeadLetterFilter, only: string | null): Promise<Halt | null> {
    const { last, startedAt: now } = this.replay.spec;
    const held = only === null ? undefined : this.held.get(only);
    const from = held === undefined ? this.replay.cursor : readCursor(held.after);
    const options = { order: 'oldest', last, now, after: from ?? undefined } as const;
    let part: PlacedLetter[] = [];
    let end = from;
    // Of other pixels not even the letters are built.
    const asked: DeadLetterFilter =
      only === null
        ? filter
        : { ...filter, couldMatch: (of) => of.pixelId === only && filter.couldMatch(of) };
    for await (const page of selectPlaced(this.deps.store, asked, options)) {
      for (const placed of page) {
        end = placed.place;
        if (!this.isDue(placed, only)) continue;
        part.push(placed);
        if (part.length < this.stepSize()) continue;
        const halt = await this.advance(part, only);
        if (halt !== null) return halt;
        if (this.left() <= 0) return null;
        part = [];
      }
    }
    const halt = await this.advance(part, only);
    if (halt !== null) return halt;
    if (only !== null) this.held.delete(only);
    else this.replay = { ...this.replay, cursor: end };
    await this.saveHeld();
    return null;
  }

  private isDue({ facts: { pixelId } }: PlacedLetter, only: string | null): boolean {
    return only === null ? pixelId === null || !this.held.has(pixelId) : pixelId === only;
  }

  /** How many may still be replayed. */
  private left(): number {
    return (this.replay.spec.max ?? Infinity) - attemptedCount(this.replay.counts);
  }

  /** How many at once: about half a second's worth where a rate is asked for; the canary goes alone. */
  private stepSize(): number {
    const { spec, queued } = this.replay;
    const ofRate = spec.rate === null ? MOST_AT_ONCE : Math.ceil(spec.rate / 2);
    const ofCanary = spec.canary - Math.max(queued - this.gate.stuck, 0);
    return Math.min(MOST_AT_ONCE, ofRate, this.left(), ofCanary > 0 ? ofCanary : Infinity);
  }

  /** Replays a part: in one step, or in several where a canary must go first after all. */
  private async advance(part: readonly PlacedLetter[], only: string | null): Promise<Halt | null> {
    let rest = part;
    while (rest.length > 0 && this.left() > 0) {
      const pixelIds = [...new Set(rest.flatMap(({ facts: { pixelId } }) => pixelId ?? []))];
      const halt = await this.goAhead(pixelIds, only === null ? 0 : HELD_PATIENCE_MS);
      if (halt?.state === 'held' && only === null) {
        rest = rest.filter(({ facts: { pixelId } }) => pixelId !== halt.pixelId);
        continue;
      }
      if (halt !== null) return halt;
      const step = rest.slice(0, this.stepSize());
      await this.take(step, only);
      rest = rest.slice(step.length);
    }
    return null;
  }

  /** As the gate says; a pixel whose lane is halted is held from then on. */
  private async goAhead(pixelIds: readonly string[], patienceMs: number): Promise<Halt | null> {
    const halt = await this.gate.waitForGoAhead(pixelIds, patienceMs);
    if (halt?.state !== 'held') return halt;
    const { pixelId, halt: state, why } = halt;
    // Its dead letters up to the cursor are done, because it was not held until now.
    const { cursor } = this.replay;
    const after = this.held.get(pixelId)?.after ?? (cursor === null ? '' : writeCursor(cursor));
    this.held.set(pixelId, { pixelId, state, why, after });
    await this.saveHeld();
    return halt;
  }

  /** One step, with how far the replay has come by it. */
  private async take(step: readonly PlacedLetter[], only: string | null): Promise<void> {
    const place = step.at(-1)?.place ?? null;
    const held = only === null ? undefined : this.held.get(only);
    if (held !== undefined && place !== null) {
      this.held.set(held.pixelId, { ...held, after: writeCursor(place) });
    }
    const cursor = only === null ? place : this.replay.cursor;
    const at = { cursor, held: [...this.held.values()] };
    const { change, news } = await this.planStep(step, this.replay, at, Date.now());
    await this.commit(change);
    this.report(news);
    this.gate.notePassed(step.length);
  }

  private async saveHeld(): Promise<void> {
    const held = [...this.held.values()];
    const fields = progressFields({ ...this.replay, held });
    await this.commit({ progress: { replay: this.replay.spec.id, fields } });
    this.report({ held });
  }

  private report(news: Partial<Replay>): void {
    this.replay = { ...this.replay, ...news };
    this.deps.onProgress(this.replay);
  }
}
