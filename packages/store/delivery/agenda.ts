import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { LOOK, QUEUE_LISTS, RING_ALL, RING_MISSING, type VisitTimes } from '../lua/agenda.ts';
import { runScript } from '../lua/scripts.ts';
import type { Store } from '../store.ts';

/** The most pixels that one answer names; the bell rings for another worker when there are more. */
const MOST_DUE = 100;

/** A pixel that is due is offered again after this, to any worker, in ms. */
const SHARE_MS = 500;

/** How long a queue waits whose workers may hold no more, as while a lane is probed, in ms. */
const FULL_MS = 1000;

/** The part of a lock's time after which a queue that holds something is visited again at the latest. */
const RECHECK_AFTER = 1 / 2;

/** The longest that a worker waits for the bell, in ms: a ring is lost with the worker that it woke. */
const LONGEST_WAIT_MS = 2000;

/** The shortest, in ms: Redis before 7.0.8 blocks for ever for less than one. */
const SHORTEST_WAIT_MS = 5;

/** How much later than that Redis may answer before the connection counts as dead, in ms. */
const LATE_MS = 2000;

/** Pixels that one script asks about. */
const SWEPT_AT_ONCE = 50;

/**
 * How often one worker of the fleet sweeps the agenda, in ms: more often while an ingest of an earlier
 * release may be running, which is as long as a sweep has found something lately.
 */
const SWEEP_EVERY_MS = { calm: 60_000, missing: 5000 };
const LATELY_MS = 600_000;

/** A visit that is further away than this, in ms, was written by a clock that has been set back. */
const FURTHEST_MS = 600_000;

/** How long a sweep counts: less than its worker lets pass, so that its next one is not refused. */
const SWEPT_PART = 0.9;

/** Pixels that are due, and how long to wait for the next one; null while none is in the agenda. */
interface Look {
  readonly due: readonly string[];
  readonly waitMs: number | null;
}

/** Stalled envelopes are looked for a little more often than that, so that no visit comes too early for it. */
const CHECK_AFTER = 0.9;

export function visitTimes(lockMs: number): VisitTimes & { readonly checkMs: number } {
  const recheckMs = Math.ceil(lockMs * RECHECK_AFTER);
  const checkMs = Math.floor(recheckMs * CHECK_AFTER);
  return { shareMs: SHARE_MS, recheckMs, checkMs, fullMs: FULL_MS };
}

/** Which queues have work, as one worker asks for it. */
export type WorkAgenda = ReturnType<typeof createAgenda>;

/** @param bell a connection that nothing else uses: it blocks */
export function createAgenda({ redis, keys }: Store, bell: Redis) {
  return {
    /** @param strangers pixels that this worker does not serve, as far as it has met them */
    async look(strangers: readonly string[]): Promise<Look> {
      const [waitMs, due] = await runScript(redis, LOOK, {
        keys: [keys.agenda, keys.bell, keys.trial],
        args: [MOST_DUE, SHARE_MS, ...strangers],
      });
      return { due, waitMs: waitMs < 0 ? null : waitMs };
    },
    /** Resolves when the bell rings, or after a time. */
    async wait(waitMs: number | null): Promise<void> {
      const ms = Math.min(Math.max(waitMs ?? LONGEST_WAIT_MS, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
      // The other side may be gone without a word: only a new connection tells.
      const late = setTimeout(() => bell.status === 'ready' && bell.disconnect(true), ms + LATE_MS);
      try {
        await bell.bzpopmin(keys.bell, ms / 1000);
      } finally {
        clearTimeout(late);
      }
    },
    /** Has queues visited that may have work. */
    async ring(pixelIds: readonly string[]): Promise<void> {
      for (let at = 0; at < pixelIds.length; at += SWEPT_AT_ONCE) {
        const args = pixelIds.slice(at, at + SWEPT_AT_ONCE);
        await runScript(redis, RING_ALL, { keys: [keys.agenda, keys.bell], args });
      }
    },
    /**
     * Rings for pixels whose queues hold something that is not in the agenda, if no worker has done so
     * lately: an ingest of an earlier release, or a person, has put it there.
     * @returns how many they were; null where it was not due
     */
    async sweep(pixelIds: readonly string[]): Promise<number | null> {
      const { calm, missing: soon } = SWEEP_EVERY_MS;
      const ours = await redis.set(keys.agendaSweep, '1', 'PX', calm * SWEPT_PART, 'NX');
      if (ours === null) return null;
      let missing = 0;
      for (let at = 0; at < pixelIds.length; at += SWEPT_AT_ONCE) {
        const some = pixelIds.slice(at, at + SWEPT_AT_ONCE);
        const lists = some.flatMap((id) => QUEUE_LISTS.map((list) => keys.ofQueue(id, list)));
        const input = { keys: [keys.agenda, keys.bell, ...lists], args: [FURTHEST_MS, ...some] };
        missing += await runScript(redis, RING_MISSING, input);
      }
      if (missing > 0) await redis.set(keys.agendaMissed, '1', 'PX', LATELY_MS);
      if (missing > 0 || (await redis.exists(keys.agendaMissed)) === 1)
        await redis.set(keys.agendaSweep, '1', 'PX', soon * SWEPT_PART);
      return missing;
    },
    /** Ends a wait, and every later one. */
    close(): void {
      bell.disconnect();
    },
  };
}

interface RoundsDeps {
  readonly agenda: WorkAgenda;
  /** The lanes of a worker. */
  readonly lanes: {
    /** The pixels that it serves now. */
    readonly pixels: readonly string[];
    serves(pixelId: string): boolean;
    /** Sees to pixels that are due. */
    onDue(pixelIds: readonly string[]): void;
  };
  readonly onError: (error: Error) => void;
  /** Told how many queues held envelopes that no ring had announced. */
  readonly onMissed?: (queues: number) => void;
  /** How often it asks whether a sweep is due, in ms. */
  readonly sweepEveryMs?: number;
}

/** Pixels that a worker remembers as not its own: they are told to each look. */
const MOST_STRANGERS = 1000;

/** How long a round waits after an error, in ms. */
const AFTER_ERROR_MS = 1000;

/** One worker's rounds: wait for the bell, look, see to what is due. */
export class Rounds {
  private readonly deps: RoundsDeps;
  private readonly ending = new AbortController();
  /** Pixels with work that this worker does not serve: others do, or it is older than their removal. */
  private strangers = new Set<string>();
  private running: Promise<unknown> | null = null;
  private sweeping: NodeJS.Timeout | null = null;

  constructor(deps: RoundsDeps) {
    this.deps = deps;
  }

  start(): void {
    this.running = this.run();
    void this.sweep();
    const { sweepEveryMs = SWEEP_EVERY_MS.missing } = this.deps;
    this.sweeping = setInterval(() => void this.sweep(), sweepEveryMs);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    if (this.sweeping !== null) clearInterval(this.sweeping);
    this.deps.agenda.close();
    await this.running;
  }

  private async run(): Promise<void> {
    const { agenda } = this.deps;
    const { signal } = this.ending;
    while (!signal.aborted) {
      try {
        const waitMs = await this.look();
        if (waitMs !== 0 && !signal.aborted) await agenda.wait(waitMs);
      } catch (error) {
        if (signal.aborted) return;
        this.deps.onError(error as Error);
        await sleep(AFTER_ERROR_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /**
   * What this worker does not serve is rung for again, once, and left alone from then on. Where there is
   * more of it than a look can name, it only stays put off: rung for, it would be due at once, again and
   * again.
   */
  private async look(): Promise<number | null> {
    const { agenda, lanes } = this.deps;
    const strangers = [...this.strangers].filter((id) => !lanes.serves(id));
    this.strangers = new Set(strangers.slice(-MOST_STRANGERS));
    const { due, waitMs } = await agenda.look([...this.strangers]);
    lanes.onDue(due.filter((id) => lanes.serves(id)));
    const strange = due.filter((id) => !lanes.serves(id));
    for (const pixelId of strange) this.strangers.add(pixelId);
    const named = this.strangers.size <= MOST_STRANGERS;
    if (strange.length > 0 && named) await agenda.ring(strange);
    return waitMs;
  }

  private async sweep(): Promise<void> {
    const { agenda, lanes, onMissed } = this.deps;
    try {
      const missed = await agenda.sweep(lanes.pixels);
      if (missed !== null && missed > 0) onMissed?.(missed);
    } catch (error) {
      if (!this.ending.signal.aborted) this.deps.onError(error as Error);
    }
  }
}
