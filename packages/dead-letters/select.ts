import type { DeadLetterFacts } from '#core/dead-letter.ts';
import type { DeadLetterFilter } from '#core/dead-letter-filter.ts';
import type { Redis } from '#queue/connection.ts';
import {
  comparePlaces,
  type PageOptions,
  type Place,
  readPages,
} from '#queue/dead-letter-pages.ts';
import { findFacts } from '#queue/dead-letters.ts';

/** The dead letters that pass the filter, some at a time. */
export async function* select(
  redis: Redis,
  prefix: string,
  filter: DeadLetterFilter,
  options: PageOptions,
): AsyncGenerator<DeadLetterFacts[]> {
  const now = Date.now();
  const passes = (facts: DeadLetterFacts): boolean => filter.matches(facts, now);
  if (filter.ids !== null) {
    const found = await findFacts(redis, prefix, [...new Set(filter.ids)]);
    yield inOrder(found.filter(passes), options);
    return;
  }
  const since = filter.diedSince(now);
  for await (const page of readPages(redis, prefix, options)) {
    const found = page.filter(passes);
    if (found.length > 0) yield found;
    if (options.order === 'newest' && (page.at(-1)?.diedAt ?? since) < since) return;
  }
}

function inOrder(letters: DeadLetterFacts[], { order, after }: PageOptions): DeadLetterFacts[] {
  const sign = order === 'newest' ? -1 : 1;
  const compare = (a: Place, b: Place): number => sign * comparePlaces(a, b);
  return letters.filter((facts) => after === undefined || compare(facts, after) > 0).sort(compare);
}
