import { z } from 'zod';
import { HALT_STATES, type Halt } from '#core/delivery/halt.ts';
import type { Keys } from '../keys.ts';
import { HALT_LANE, READ_LANES, RESUME_LANE } from '../lua/lane-board.ts';
import { runScript } from '../lua/scripts.ts';
import type { Store } from '../store.ts';
import { parseStored } from '../stored-value.ts';

/*
 * The halted lanes of the whole fleet: one hash with a field for each such pixel, so that a
 * fleet without trouble reads an empty hash. BullMQ's own scripts obey what is written beside it in
 * the same step: its rate limit key keeps every worker from fetching while the lane is halted, and
 * its global concurrency of one lets a single envelope out to probe it. Moments are Redis's, so that
 * the clocks of workers need not agree.
 */

/** A halted lane, with the version that a change must name. */
export interface PostedHalt {
  readonly halt: Halt;
  readonly version: string;
  /** The entry of a paused lane before it was paused; empty where it was active. */
  readonly before?: string;
}

export type LaneBoard = ReturnType<typeof createLaneBoard>;

const HALT_FACTS = z.object({
  /** One that a later release adds is a halt all the same. */
  state: z.enum(HALT_STATES).catch('blocked'),
  why: z.string(),
  rejecting: z.boolean(),
  turn: z.number(),
  pause: z.object({ by: z.string(), at: z.number(), reason: z.string().nullable() }).optional(),
  /** The entry that a pause took the place of; empty for an active lane. */
  before: z.string().default(''),
});

export function createLaneBoard({ redis, keys }: Store) {
  const { lanes } = keys;
  const keysOf = (pixelId: string): string[] => boardKeys(keys, pixelId);
  return {
    /** Every halted lane, by pixel. */
    async read(): Promise<Map<string, PostedHalt>> {
      const [now, entries] = await runScript(redis, READ_LANES, { keys: [lanes], args: [] });
      const posted = new Map<string, PostedHalt>();
      for (let at = 0; at + 1 < entries.length; at += 2) {
        const one = toPosted(entries[at + 1] ?? '', now);
        if (one !== null) posted.set(entries[at] ?? '', one);
      }
      return posted;
    },
    /**
     * Halts a lane in every worker. When another worker has changed it since `seen`, nothing
     * happens; the answer is the halt that is posted now.
     */
    async halt(
      pixelId: string,
      seen: PostedHalt | null,
      { until, ...facts }: Halt,
    ): Promise<PostedHalt | null> {
      const waitMs = Math.max(Math.round(until - Date.now()), 0);
      const args = [pixelId, seen?.version ?? '', waitMs, JSON.stringify(facts)];
      const input = { keys: keysOf(pixelId), args };
      return toPosted(...(await runScript(redis, HALT_LANE, input)));
    },
    /** Activates a lane again; false when another worker has changed it since `seen`. */
    resume: (pixelId: string, seen: PostedHalt): Promise<boolean> =>
      runScript(redis, RESUME_LANE, { keys: keysOf(pixelId), args: [pixelId, seen.version] }),
  };
}

/** What scripts that change the board are given, in the order in which they expect it. */
export function boardKeys(keys: Keys, pixelId: string): string[] {
  const ofQueue = ['limiter', 'meta', 'marker'].map((part) => keys.ofQueue(pixelId, part));
  return [keys.lanes, ...ofQueue, keys.settlementTrial];
}

/** @param now when Redis answered, by its own clock; ours is put in its place */
function toPosted(version: string, now: number): PostedHalt | null {
  const space = version.indexOf(' ');
  if (space < 0) return null;
  const text = version.slice(space + 1);
  const { before, pause, ...facts } = parseStored(text, 'the halt of a lane', HALT_FACTS);
  const until = Number(version.slice(0, space)) - now + Date.now();
  if (pause === undefined) return { version, halt: { ...facts, until } };
  return { version, before, halt: { ...facts, until, state: 'paused', pause } };
}

/** Reads the lane board when it is asked for, and once. */
export function boardOnce(store: Store): () => Promise<ReadonlyMap<string, PostedHalt>> {
  let reading: Promise<ReadonlyMap<string, PostedHalt>> | null = null;
  return () => {
    reading ??= createLaneBoard(store).read();
    return reading;
  };
}
