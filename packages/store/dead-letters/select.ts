import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { DeadLetterFilter } from '#core/dead-letter/filter.ts';
import type { SealedStore } from '../store.ts';
import { shownFacts } from './masking.ts';
import { writeCursor } from './pages/cursor.ts';
import { isBehind, type PageOptions, type PlacedLetter, readPages } from './pages/reader.ts';
import { findPlaced } from './read.ts';

type SelectionOptions = Pick<PageOptions, 'order' | 'after' | 'last' | 'onUnreadable'> & {
  /** What times such as `2h` count from, in Unix ms. */
  readonly now?: number;
};

/** The facts of the dead letters that pass a filter, some at a time. */
export async function* select(
  store: SealedStore,
  filter: DeadLetterFilter,
  options: SelectionOptions,
): AsyncGenerator<DeadLetterFacts[]> {
  for await (const page of selectPlaced(store, filter, options)) {
    if (page.length > 0) yield page.map(({ facts }) => facts);
  }
}

/**
 * A page of a list, the newest first, as a person may see it.
 * @returns also the cursor of the next page; null where there is none
 */
export async function selectPage(
  store: SealedStore,
  filter: DeadLetterFilter,
  { limit, ...options }: Omit<SelectionOptions, 'order'> & { readonly limit: number },
): Promise<{ letters: DeadLetterFacts[]; next: string | null }> {
  const found: PlacedLetter[] = [];
  for await (const page of selectPlaced(store, filter, { order: 'newest', ...options })) {
    found.push(...page.slice(0, limit + 1 - found.length));
    if (found.length > limit) break;
  }
  const last = found.length > limit ? found[limit - 1] : undefined;
  return {
    letters: found.slice(0, limit).map(({ facts }) => shownFacts(facts)),
    next: last === undefined ? null : writeCursor(last.place),
  };
}

/** The same with their places; a part of them may be empty. */
export async function* selectPlaced(
  store: SealedStore,
  filter: DeadLetterFilter,
  { now = Date.now(), ...options }: SelectionOptions,
): AsyncGenerator<PlacedLetter[]> {
  const passes = ({ facts }: PlacedLetter): boolean => filter.matches(facts, now);
  if (filter.ids !== null) {
    const { order, after, last = Infinity, onUnreadable } = options;
    const found = (await findPlaced(store, filter.ids, onUnreadable))
      .filter(passes)
      .filter(({ place }) => place.page <= last && isBehind(place, after, order));
    yield order === 'newest' ? found.reverse() : found;
    return;
  }
  const question = {
    couldMatch: filter.couldMatch,
    needles: filter.needles,
    couldHaveDied: (first: number, last: number) => filter.couldHaveDied(first, last, now),
  };
  for await (const page of readPages(store, { ...options, question })) {
    yield page.filter(passes);
  }
}
