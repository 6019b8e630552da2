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

type PageSelection = Omit<SelectionOptions, 'order'> & { readonly limit: number };

/**
 * A page of a list, the newest first unless told otherwise, as a person may see it.
 * @returns also the cursor of the next page; null where there is none
 */
export async function selectPage(
  store: SealedStore,
  filter: DeadLetterFilter,
  { limit, order = 'newest', ...options }: PageSelection & Partial<Pick<SelectionOptions, 'order'>>,
): Promise<{ letters: DeadLetterFacts[]; next: string | null }> {
  const found: PlacedLetter[] = [];
  for await (const page of selectPlaced(store, filter, { order, ...options })) {
    found.push(...page.slice(0, limit + 1 - found.length));
    if (found.length > limit) break;
  }
  const last = found.length > limit ? found[limit - 1] : undefined;
  return {
    letters: found.slice(0, limit).map(({ facts }) => shownFacts(facts)),
    next: last === undefined ? null : writeCursor(last.place),
  };
}

/** Dead letters that are sorted at once; those beyond are the oldest. */
const MOST_SORTED = 20_000;

/**
 * A page of those of the newest that match which expire first, as a person may see it. What has
 * expired, and what never does, comes last.
 * @returns also how many to skip for the next page, and of how many these are where not all were read
 */
export async function selectSoonest(
  store: SealedStore,
  filter: DeadLetterFilter,
  { limit, skip, now = Date.now(), ...options }: PageSelection & { readonly skip: number },
): Promise<{ letters: DeadLetterFacts[]; next: number | null; ofNewest: number | null }> {
  const end = skip + limit + 1;
  const leftMs = ({ horizon }: DeadLetterFacts): number => {
    const left = horizon === null ? -1 : horizon * 1000 - now;
    return left > 0 ? left : Number.MAX_SAFE_INTEGER;
  };
  let soonest: DeadLetterFacts[] = [];
  let read = 0;
  for await (const page of select(store, filter, { order: 'newest', now, ...options })) {
    read += page.length;
    soonest = [...soonest, ...page].sort((a, b) => leftMs(a) - leftMs(b)).slice(0, end);
    if (read >= MOST_SORTED) break;
  }
  return {
    letters: soonest.slice(skip, end - 1).map(shownFacts),
    next: soonest.length === end ? end - 1 : null,
    ofNewest: read >= MOST_SORTED ? read : null,
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
