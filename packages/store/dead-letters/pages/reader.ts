import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { SealError, type Sealer } from '../../sealing.ts';
import type { SealedStore, Store } from '../../store.ts';
import type { LetterPlace } from './cursor.ts';
import { readOutline, type UnreadLetter } from './outline.ts';
import { EVERY_LETTER, NewerPage, type PageFilter, readFacts } from './page.ts';
import { openFacts, outlineOf } from './seal.ts';

export interface PageOptions {
  readonly order: 'newest' | 'oldest';
  /** Begins behind this place, whether or not something still stands there. */
  readonly after?: LetterPlace | undefined;
  /** Pages behind this one are left out, whatever the order. */
  readonly last?: number | undefined;
  /** Leaves out what certainly cannot be an answer. */
  readonly question?: PageFilter;
  /** Told of pages that cannot be read; the others are read all the same. */
  readonly onUnreadable?: ((page: UnreadablePage) => void) | undefined;
}

/** A page whose facts cannot be read. */
export interface UnreadablePage {
  readonly name: string;
  /** Why, for people. */
  readonly why: string;
  /** Those that are still there, as far as that can be told. */
  readonly letters: readonly UnreadLetter[];
}

/** A dead letter with its place. */
export interface PlacedLetter {
  readonly facts: DeadLetterFacts;
  readonly place: LetterPlace;
}

/** Pages read from Redis at once: first few, because that is often enough. */
const FIRST_PAGES = 4;
const MOST_PAGES = 64;

/**
 * The facts of every dead letter, a page at a time. Nothing that stays is left out or comes twice;
 * what comes or goes meanwhile may be missing, and what dies again may come twice. A page that cannot
 * be read comes as an empty one, after `onUnreadable` was told of it.
 */
export async function* readPages(
  store: SealedStore,
  { order, after, last, question = EVERY_LETTER, onUnreadable }: PageOptions,
): AsyncGenerator<PlacedLetter[]> {
  let edge = after?.page;
  for (let size = FIRST_PAGES; ; size = Math.min(size * 2, MOST_PAGES)) {
    const pages = await nextPages(store, order, [edge, last], size);
    if (pages.length === 0) return;
    for await (const placed of readNamedPages(store, pages, { question, onUnreadable })) {
      if (order === 'newest') placed.reverse();
      yield placed.filter(({ place }) => isBehind(place, after, order));
    }
    edge = pages.at(-1)?.number;
    if (edge !== undefined) edge += order === 'newest' ? -1 : 1;
  }
}

interface NamedPage {
  readonly name: string;
  /** Its place among all pages. */
  readonly number: number;
}

/** The dead letters of those of some pages that exist, a page at a time. */
export async function* readNamedPages(
  { redis, keys: { dead }, sealer }: SealedStore,
  pages: readonly NamedPage[],
  { question, onUnreadable }: Pick<PageOptions, 'question' | 'onUnreadable'>,
): AsyncGenerator<PlacedLetter[]> {
  const names = pages.map(({ name }) => name);
  const [facts, marks] = await Promise.all([
    redis.hmgetBuffer(dead.facts, ...names),
    redis.hmget(dead.marks, ...names),
  ]);
  for (const [at, { name, number }] of pages.entries()) {
    const written = facts[at] ?? null;
    if (written === null) continue;
    const letters = tryToReadFacts(sealer, name, written, marks[at] ?? null, question);
    if ('why' in letters) onUnreadable?.(letters);
    yield 'why' in letters
      ? []
      : letters.map((each) => ({
          facts: each,
          place: { page: number, index: Number(each.id.slice(name.length + 1)) },
        }));
  }
}

/** As {@link readFacts}, of a page as Redis has it; one that cannot be read is a value, so that it stops nothing. */
export function tryToReadFacts(
  sealer: Sealer,
  name: string,
  stored: Buffer,
  marks: string | null,
  question: PageFilter = EVERY_LETTER,
): DeadLetterFacts[] | UnreadablePage {
  try {
    return readFacts(name, openFacts(sealer, name, stored), marks, question);
  } catch (error) {
    const told = error instanceof NewerPage || error instanceof SealError;
    const why = told ? error.message : 'its facts are damaged';
    return { name, why, letters: readOutline(name, outlineOf(name, stored), marks) };
  }
}

/** @param edge the number of the first page that is asked for; undefined for the one at the end */
async function nextPages(
  { redis, keys }: Store,
  order: PageOptions['order'],
  [edge, last]: readonly [edge: number | undefined, last: number | undefined],
  size: number,
): Promise<NamedPage[]> {
  const key = keys.dead.order;
  const end = last ?? '+inf';
  const flat =
    order === 'newest'
      ? await redis.zrevrangebyscore(key, edge ?? end, '-inf', 'WITHSCORES', 'LIMIT', 0, size)
      : await redis.zrangebyscore(key, edge ?? '-inf', end, 'WITHSCORES', 'LIMIT', 0, size);
  return Array.from({ length: flat.length / 2 }, (_, index) => ({
    name: flat[index * 2] ?? '',
    number: Number(flat[index * 2 + 1]),
  }));
}

/** Compares two places: the one that was written first comes first. */
export function comparePlaces(a: LetterPlace, b: LetterPlace): number {
  return a.page - b.page || a.index - b.index;
}

/** Whether a place comes after another one; everything does where there is none. */
export function isBehind(
  place: LetterPlace,
  other: LetterPlace | undefined,
  order: PageOptions['order'],
): boolean {
  if (other === undefined) return true;
  return order === 'newest' ? comparePlaces(place, other) < 0 : comparePlaces(place, other) > 0;
}

/** The number of the newest page: what is written from now on stands behind it. */
export async function readLastPage(store: Store): Promise<number> {
  return Number((await store.redis.hget(store.keys.dead.totals, 'pages')) ?? 0);
}
