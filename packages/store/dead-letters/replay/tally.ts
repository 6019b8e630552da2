import type { Fate } from './rejudge.ts';
import { SKIPS, type Skip } from './screening.ts';

/**
 * Why a dead letter that was matched stays as it is. Besides those of {@link Skip}:
 *
 * - `unreadable`: its content does not open under the keys of the configuration, or is damaged.
 * - `gone`: somebody else replayed or purged it meanwhile.
 */
export type LeftAlone = Skip | 'unreadable' | 'gone';

/** What became of the dead letters that were matched: each is counted once. */
export interface Tally {
  readonly matched: number;
  readonly skipped: Readonly<Record<LeftAlone, number>>;
  /** Beyond what was asked for with `--max`. */
  readonly left: number;
  /** Put back into the queue. */
  readonly replayed: number;
  /** Left out by today's settings, by reason: they are dead no more. */
  readonly filtered: Readonly<Record<string, number>>;
  /** Refused again by today's settings, by reason: they stay dead. */
  readonly refused: Readonly<Record<string, number>>;
}

export class Counting implements Tally {
  matched = 0;
  left = 0;
  replayed = 0;
  readonly filtered: Record<string, number> = {};
  readonly refused: Record<string, number> = {};
  readonly skipped: Record<LeftAlone, number> = {
    ...(Object.fromEntries(SKIPS.map((skip) => [skip, 0])) as Record<Skip, number>),
    unreadable: 0,
    gone: 0,
  };

  /** Goes on counting where another one stopped, be it of a release that knew fewer reasons. */
  static of(tally: Tally): Counting {
    const counting = new Counting();
    const skipped = { ...counting.skipped, ...tally.skipped };
    return Object.assign(counting, structuredClone(tally), { skipped });
  }

  skip(why: LeftAlone, by = 1): void {
    this.skipped[why] += by;
  }

  /** What became of one dead letter: replayed where any pixel gets it. */
  judged(fates: readonly Fate[]): void {
    const dead = fates.find(({ kind }) => kind === 'dead');
    const [first] = fates;
    if (fates.some(({ kind }) => kind === 'queued')) this.replayed += 1;
    else if (dead?.kind === 'dead') count(this.refused, dead.reason);
    else if (first?.kind === 'filtered') count(this.filtered, first.reason);
  }
}

function count(by: Record<string, number>, reason: string): void {
  by[reason] = (by[reason] ?? 0) + 1;
}

/** How many there are in all. */
export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0);
}

/** How many of a plan have been gone through. */
export function gone({ replayed, filtered, refused, skipped }: Tally): number {
  return replayed + sum(filtered) + sum(refused) + sum(skipped);
}
