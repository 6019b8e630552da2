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
 * {@link MOST_CANDIDATES} and one more. Behind a shortened page, a position is the whole one first:
 * `2p1x.1` is `2p1x8k4v7q3m0a.1` where that exists, and else any from `.10` on.
 */
export async function findByPrefix(store: SealedStore, text: string): Promise<DeadLetterFacts[]> {
  const [found] = await findPlaced(store, [text]);
  if (found !== undefined) return [found.facts];
  const [, start, dot, index = ''] = /^([0-9a-z]{1,40})(?:(\.)(\d{0,4}))?$/.exec(text) ?? [];
  if (start === undefined) return [];
  const facts: DeadLetterFacts[] = [];
  const pages = (await pagesLike(store, start)).map((name, number) => ({ name, number }));
  for await (const page of readNamedPages(store, pages, {})) {
    facts.push(...page.map((letter) => letter.facts));
  }
  const positionOf = ({ id }: DeadLetterFacts): string => id.slice(id.indexOf('.') + 1);
  const whole = dot === undefined ? [] : facts.filter((each) => positionOf(each) === index);
  const candidates =
    whole.length > 0 ? whole : facts.filter((each) => positionOf(each).startsWith(index));
  return candidates.slice(0, MOST_CANDIDATES + 1);
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
