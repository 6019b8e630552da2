import { z } from 'zod';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { formatCount } from '#core/text/format.ts';
import { type EligibilityPolicy, type SkipReason, skipReasonOf } from './eligibility.ts';
import type { ReplayEventResult } from './remap.ts';

/**
 * Why a dead letter that was matched stays as it is. Besides those of {@link SkipReason}:
 *
 * - `unreadable`: its content does not open under the keys of the configuration, or is damaged.
 * - `gone`: replayed or purged elsewhere meanwhile.
 */
export type UnreplayedReason = SkipReason | 'unreadable' | 'gone';

const count = z.number();
const byReason = z.record(z.string(), count);
/** A release that knew fewer reasons wrote fewer. */
const orNone = count.default(0);

/** What became of the dead letters that were matched: each is counted once. */
export const COUNTS = z.object({
  matched: count,
  skipped: z.object({
    expired: orNone,
    unknown: orNone,
    looping: orNone,
    unconfigured: orNone,
    truncated: orNone,
    unreadable: orNone,
    gone: orNone,
  } satisfies Record<UnreplayedReason, typeof orNone>),
  /** Beyond what was asked for with `--max`. */
  left: count,
  /** Put back into the queue. */
  replayed: count,
  /** Left out by today's settings, by reason: they are no longer dead letters. */
  filtered: byReason,
  /** Rejected again by today's settings, by reason: they stay dead. */
  refused: byReason,
});
export type ReplayCounts = z.infer<typeof COUNTS>;

export function noCounts(): ReplayCounts {
  const skipped = COUNTS.shape.skipped.parse({});
  return { matched: 0, skipped, left: 0, replayed: 0, filtered: {}, refused: {} };
}

/** Counts what became of one dead letter: replayed where any pixel gets it. */
export function countReplayed(counts: ReplayCounts, results: readonly ReplayEventResult[]): void {
  const dead = results.find(({ kind }) => kind === 'dead');
  const [first] = results;
  if (results.some(({ kind }) => kind === 'queued')) counts.replayed += 1;
  else if (dead?.kind === 'dead') increment(counts.refused, dead.reason);
  else if (first?.kind === 'filtered') increment(counts.filtered, first.reason);
}

function increment(by: Record<string, number>, reason: string): void {
  by[reason] = (by[reason] ?? 0) + 1;
}

/** How many there are in all. */
export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0);
}

/** How many were not skipped, whatever became of them. */
export function attemptedCount({ replayed, filtered, refused }: ReplayCounts): number {
  return replayed + sum(filtered) + sum(refused);
}

/** `12 missing_value, 3 too_old`: the most frequent first. */
export function reasons(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, events]) => `${formatCount(events)} ${reason}`)
    .join(', ');
}

/** How many of a plan have been gone through. */
export function processedCount(counts: ReplayCounts): number {
  return attemptedCount(counts) + sum(counts.skipped);
}

/** What a replay is about to do, from the facts alone. */
export interface ReplayPlan {
  /** How many are to be replayed. */
  readonly events: number;
  /** How many of them are mapped again. */
  readonly mapped: number;
  /** The pixels they belong to; null stands for those that could not be told. */
  readonly pixelIds: readonly (string | null)[];
  /** Those that were matched, skipped and left. */
  readonly counts: ReplayCounts;
}

/** Sorts out which dead letters can be replayed; `now` is Unix ms. */
export async function planReplay(
  letters: AsyncIterable<readonly DeadLetterFacts[]>,
  policy: EligibilityPolicy,
  { max, now }: { readonly max: number | null; readonly now: number },
): Promise<ReplayPlan> {
  const counts = noCounts();
  const pixelIds = new Set<string | null>();
  let [events, mapped] = [0, 0];
  for await (const page of letters) {
    for (const facts of page) {
      counts.matched += 1;
      const skip = skipReasonOf(facts, now, policy);
      if (skip !== null) counts.skipped[skip] += 1;
      else if (max !== null && events >= max) counts.left += 1;
      else {
        events += 1;
        pixelIds.add(facts.pixelId);
        if (facts.holds === 'message') mapped += 1;
      }
    }
  }
  return { events, mapped, pixelIds: [...pixelIds], counts };
}
