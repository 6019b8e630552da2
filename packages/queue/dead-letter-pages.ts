import type { Redis } from 'ioredis';
import { type DeadLetterFacts, parseFacts } from '#core/dead-letter.ts';
import { createKeys } from './keys.ts';

/** Where a dead letter stands among all of them: by its death, and by its id in the same ms. */
export interface Place {
  /** Unix ms. */
  readonly diedAt: number;
  readonly id: string;
}

export interface PageOptions {
  readonly order: 'newest' | 'oldest';
  /** Begins behind this place, whether or not something still stands there. */
  readonly after?: Place | undefined;
}

/** How many are read from Redis at once. */
const PAGE = 500;

/**
 * The facts of every dead letter, a page at a time. Nothing that stays is left out or comes twice;
 * what comes or goes meanwhile may be missing, and what dies anew may come again.
 */
export async function* readPages(
  redis: Redis,
  prefix: string,
  { order, after }: PageOptions,
): AsyncGenerator<DeadLetterFacts[]> {
  const keys = createKeys(prefix);
  for (let last = after; ; ) {
    const places = await readPlaces(redis, keys.deadTimes, order, last);
    if (places.length === 0) return;
    last = places.at(-1);
    const found = await redis.hmget(keys.deadFacts, ...places.map(({ id }) => id));
    yield found.flatMap((facts) => (facts === null ? [] : parseFacts(facts)));
  }
}

/** The next places behind one; none at the end. */
async function readPlaces(
  redis: Redis,
  key: string,
  order: PageOptions['order'],
  last: Place | undefined,
): Promise<Place[]> {
  const newest = order === 'newest';
  for (let rank = await rankBehind(redis, key, newest, last); ; rank += PAGE) {
    const end = rank + PAGE - 1;
    const flat = newest
      ? await redis.zrevrange(key, rank, end, 'WITHSCORES')
      : await redis.zrange(key, rank, String(end), 'WITHSCORES');
    const places = toPlaces(flat);
    const behind = places.filter((place) => last === undefined || isBehind(place, last, newest));
    if (behind.length > 0 || places.length === 0) return behind;
  }
}

/** A rank that is not behind the next place: the very one unless the last place is gone. */
async function rankBehind(
  redis: Redis,
  key: string,
  newest: boolean,
  last: Place | undefined,
): Promise<number> {
  if (last === undefined) return 0;
  const [score, rank] = await Promise.all([
    redis.zscore(key, last.id),
    newest ? redis.zrevrank(key, last.id) : redis.zrank(key, last.id),
  ]);
  if (rank !== null && Number(score) === last.diedAt) return rank + 1;
  return newest
    ? redis.zcount(key, `(${last.diedAt}`, '+inf')
    : redis.zcount(key, '-inf', `(${last.diedAt}`);
}

function isBehind(place: Place, last: Place, newest: boolean): boolean {
  const order = comparePlaces(place, last);
  return newest ? order < 0 : order > 0;
}

/** The oldest first. As Redis sorts: by score, and by the member's bytes where scores are equal. */
export function comparePlaces(a: Place, b: Place): number {
  return a.diedAt - b.diedAt || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
}

function toPlaces(flat: readonly string[]): Place[] {
  return Array.from({ length: flat.length / 2 }, (_, index) => ({
    id: flat[index * 2] ?? '',
    diedAt: Number(flat[index * 2 + 1]),
  }));
}
