import type { DeadLetterFacts } from '#core/dead-letter.ts';
import { type ScreeningPolicy, screen } from './screening.ts';
import { Counting } from './tally.ts';

/** What a replay is about to do, from the facts alone. */
export interface Plan {
  /**
   * Which are to be replayed, in this order. They are fixed here, so that one that dies again
   * meanwhile is not taken up a second time.
   */
  readonly ids: readonly string[];
  /** How many of them are mapped anew. */
  readonly mapped: number;
  /** Those that were matched, skipped and left so far. */
  readonly tally: Counting;
}

/** Sorts out which dead letters can be replayed. */
export async function makePlan(
  letters: AsyncIterable<readonly DeadLetterFacts[]>,
  policy: ScreeningPolicy,
  { max, now }: { readonly max: number | null; readonly now: number },
): Promise<Plan> {
  const tally = new Counting();
  const seen = new Set<string>();
  const ids: string[] = [];
  let mapped = 0;
  for await (const page of letters) {
    for (const facts of page) {
      if (seen.has(facts.id)) continue;
      seen.add(facts.id);
      tally.matched += 1;
      const skip = screen(facts, now, policy);
      if (skip !== null) tally.skip(skip);
      else if (max !== null && ids.length >= max) tally.left += 1;
      else {
        ids.push(facts.id);
        if (facts.holds === 'message') mapped += 1;
      }
    }
  }
  return { ids, mapped, tally };
}
