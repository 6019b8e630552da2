import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { type ScreeningPolicy, screen } from './screening.ts';
import { Counting } from './tally.ts';

/** What a replay is about to do, from the facts alone. */
export interface Plan {
  /** How many are to be replayed. */
  readonly events: number;
  /** How many of them are mapped anew. */
  readonly mapped: number;
  /** The pixels they belong to; null stands for those that could not be told. */
  readonly pixelIds: readonly (string | null)[];
  /** Those that were matched, skipped and left. */
  readonly tally: Counting;
}

/** Sorts out which dead letters can be replayed; `now` is Unix ms. */
export async function makePlan(
  letters: AsyncIterable<readonly DeadLetterFacts[]>,
  policy: ScreeningPolicy,
  { max, now }: { readonly max: number | null; readonly now: number },
): Promise<Plan> {
  const tally = new Counting();
  const pixelIds = new Set<string | null>();
  let [events, mapped] = [0, 0];
  for await (const page of letters) {
    for (const facts of page) {
      tally.matched += 1;
      const skip = screen(facts, now, policy);
      if (skip !== null) tally.skip(skip);
      else if (max !== null && events >= max) tally.left += 1;
      else {
        events += 1;
        pixelIds.add(facts.pixelId);
        if (facts.holds === 'message') mapped += 1;
      }
    }
  }
  return { events, mapped, pixelIds: [...pixelIds], tally };
}
