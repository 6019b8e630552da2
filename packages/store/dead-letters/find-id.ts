import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { SealedStore } from '../store.ts';
import { readNamedPages } from './pages/reader.ts';
import { findPlaced } from './read.ts';

/** Names of pages that are read from Redis at once. */
const NAMES_AT_ONCE = 10_000;

/** Pages whose names start alike that are read; more of them leave an id ambiguous anyway. */
const MOST_PAGES_READ = 8;

/** More candidates are left out. */
const MOST_CANDIDATES = 10;

/**
 * The dead letters that a person may mean by an id or the first characters of one, at most
 * {@link MOST_CANDIDATES} and one more. A number behind a dot is a whole one: where `2p1x.1` is gone,
 * `2p1x.10` is not meant.
 */
export async function findByPrefix(store: SealedStore, text: string): Promise<DeadLetterFacts[]> {
  const [found] = await findPlaced(store, [text]);
  if (found !== undefined) return [found.facts];
  const [, start, index] = /^([0-9a-z]{1,40})(?:\.(\d{1,4}))?$/.exec(text) ?? [];
  if (start === undefined) return [];
  const pages = (await pagesLike(store, start)).map((name, number) => ({ name, number }));
  if (pages.length === 0) return [];
  const facts: DeadLetterFacts[] = [];
  for await (const page of readNamedPages(store, pages, {})) {
    facts.push(...page.map((letter) => letter.facts));
  }
  return facts
    .filter(({ id }) => index === undefined || id.endsWith(`.${index}`))
    .slice(0, MOST_CANDIDATES + 1);
}

async function pagesLike({ redis, keys }: SealedStore, start: string): Promise<string[]> {
  const found: string[] = [];
  for (let from = 0; found.length < MOST_PAGES_READ; from += NAMES_AT_ONCE) {
    const names = await redis.zrevrange(keys.dead.order, from, from + NAMES_AT_ONCE - 1);
    if (names.length === 0) break;
    found.push(...names.filter((name) => name.startsWith(start)));
  }
  return found.slice(0, MOST_PAGES_READ);
}
