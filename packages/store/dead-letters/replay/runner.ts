import { parseFilter } from '#core/dead-letter/filter.ts';
import { faultOf } from '#core/privacy/fault.ts';
import type { Redis } from '../../connection.ts';
import { LockError } from '../../locks.ts';
import type { SealedStore } from '../../store.ts';
import { type Commit, type DeadLetterChange, withLock } from '../change.ts';
import type { PlacedLetter } from '../pages/reader.ts';
import { selectPlaced } from '../select.ts';
import { attemptedCount } from './counts.ts';
import { ReplayGate, type ReplayStop } from './gate.ts';
import type { Replay } from './state.ts';
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
    const { state, why } = await runOrStop(new Runner(replay, commit, deps), store.redis);
    const isLeft = deps.signal.aborted && state === 'paused' && deps.onStopping === 'leave';
    if (state !== 'changed' && !isLeft) {
      await changeReplay(store, id, { state, why, by: deps.by });
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

/** Dead letters that are replayed in one step, in less than a moment. */
const MOST_AT_ONCE = 250;

class Runner {
  private replay: Replay;
  private readonly commit: (change: DeadLetterChange) => Promise<void>;
  private readonly deps: RunnerDeps;
  private readonly gate: ReplayGate;
  private readonly planStep: ReturnType<typeof createStepPlanner>;

  constructor(replay: Replay, commit: Commit, deps: RunnerDeps) {
    this.replay = replay;
    this.commit = (change) =>
      commit(change, `${this.replay.counts.replayed} were put back into the queue`);
    this.deps = deps;
    this.planStep = createStepPlanner(deps);
    const keepLock = () => this.commit({});
    const onOutcomes = (outcomes: Partial<Replay>) => this.report(outcomes);
    this.gate = new ReplayGate(replay.spec, { ...deps, keepLock, onOutcomes });
  }

  async run(): Promise<ReplayStop> {
    const { spec, cursor } = this.replay;
    const parsed = parseFilter(spec.where);
    if (!parsed.ok)
      return { state: 'stopped', why: `its filter cannot be read: ${parsed.problem}` };
    const { last, startedAt: now } = spec;
    const options = { order: 'oldest', last, now, after: cursor ?? undefined } as const;
    let part: PlacedLetter[] = [];
    for await (const page of selectPlaced(this.deps.store, parsed.filter, options)) {
      for (const placed of page) {
        if (this.stepSize() <= 0) return this.gate.untilAnswered();
        part.push(placed);
        if (part.length < this.stepSize()) continue;
        const halt = await this.advance(part);
        if (halt !== null) return halt;
        part = [];
      }
    }
    const halt = part.length === 0 ? null : await this.advance(part);
    return halt ?? this.gate.untilAnswered();
  }

  /** How many at once: about half a second's worth where a rate is asked for; the canary goes alone. */
  private stepSize(): number {
    const { spec, counts, queued } = this.replay;
    const ofRate = spec.rate === null ? MOST_AT_ONCE : Math.ceil(spec.rate / 2);
    const left = (spec.max ?? Infinity) - attemptedCount(counts);
    const ofCanary = queued < spec.canary ? spec.canary - queued : Infinity;
    return Math.min(MOST_AT_ONCE, ofRate, left, ofCanary);
  }

  private async advance(part: readonly PlacedLetter[]): Promise<ReplayStop | null> {
    const pixelIds = [...new Set(part.flatMap(({ facts: { pixelId } }) => pixelId ?? []))];
    const halt = await this.gate.waitForGoAhead(pixelIds);
    if (halt !== null) return halt;
    const { change, news } = await this.planStep(part, this.replay, Date.now());
    await this.commit(change);
    this.report(news);
    this.gate.notePassed(part.length);
    return null;
  }

  private report(news: Partial<Replay>): void {
    this.replay = { ...this.replay, ...news };
    this.deps.onProgress(this.replay);
  }
}
