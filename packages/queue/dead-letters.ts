import type { Redis } from 'ioredis';
import { type DeadLetterFacts, parseFacts } from '#core/dead-letter.ts';
import { readPages } from './dead-letter-pages.ts';
import { createKeys } from './keys.ts';

/** How many dead letters there are of a kind. */
export interface DeadLetterCount {
  /** "none" where no pixel could be told. */
  readonly pixelId: string;
  readonly stage: string;
  readonly reason: string;
  readonly count: number;
}

/** The counts by pixel, stage and reason, which are kept, not computed: one read of a small hash. */
export async function readDeadLetterCounts(
  redis: Redis,
  prefix: string,
): Promise<DeadLetterCount[]> {
  const counts = await redis.hgetall(createKeys(prefix).deadCounts);
  return Object.entries(counts)
    .map(([field, count]) => {
      const [pixelId = '', stage = '', reason = ''] = field.split('|');
      return { pixelId, stage, reason, count: Number(count) };
    })
    .filter(({ count }) => count > 0);
}

/** The facts of every dead letter, newest first. */
export async function* readFacts(redis: Redis, prefix: string): AsyncGenerator<DeadLetterFacts> {
  for await (const page of readPages(redis, prefix, { order: 'newest' })) yield* page;
}

/** The facts of the dead letters of these ids, without those that do not exist. */
export async function findFacts(
  redis: Redis,
  prefix: string,
  ids: readonly string[],
): Promise<DeadLetterFacts[]> {
  if (ids.length === 0) return [];
  const found = await redis.hmget(createKeys(prefix).deadFacts, ...ids);
  return found.flatMap((facts) => (facts === null ? [] : parseFacts(facts)));
}

/** A dead letter as Redis keeps it: its content is opened with `openContent`. */
export interface SealedLetter {
  readonly facts: DeadLetterFacts;
  readonly sealed: Buffer;
}

/** The dead letters of these ids with their content, without those that do not exist. */
export async function readSealed(
  redis: Redis,
  prefix: string,
  ids: readonly string[],
): Promise<SealedLetter[]> {
  if (ids.length === 0) return [];
  const keys = createKeys(prefix);
  const [facts, sealed] = await Promise.all([
    redis.hmget(keys.deadFacts, ...ids),
    redis.hmgetBuffer(keys.deadSealed, ...ids),
  ]);
  return facts.flatMap((each, index) => {
    const content = sealed[index] ?? null;
    return each === null || content === null ? [] : { facts: parseFacts(each), sealed: content };
  });
}
