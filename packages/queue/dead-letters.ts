import type { Redis } from 'ioredis';
import type { DeadLetterFacts } from '#core/dead-letter.ts';
import { openContent } from './burial.ts';
import { createKeys } from './keys.ts';
import type { Sealer } from './sealing.ts';

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

/** How many are read from Redis at once. */
const PAGE = 500;

/** The facts of every dead letter, newest first, a page at a time. */
export async function* readFacts(redis: Redis, prefix: string): AsyncGenerator<DeadLetterFacts> {
  const keys = createKeys(prefix);
  for (let at = 0; ; at += PAGE) {
    const ids = await redis.zrevrange(keys.deadTimes, at, at + PAGE - 1);
    if (ids.length === 0) return;
    for (const facts of await redis.hmget(keys.deadFacts, ...ids)) {
      if (facts !== null) yield JSON.parse(facts) as DeadLetterFacts;
    }
  }
}

/** One dead letter's facts; null when there is none of that id. */
export async function findFacts(
  redis: Redis,
  prefix: string,
  id: string,
): Promise<DeadLetterFacts | null> {
  const facts = await redis.hget(createKeys(prefix).deadFacts, id);
  return facts === null ? null : (JSON.parse(facts) as DeadLetterFacts);
}

/**
 * What a dead letter holds: the message or the record, as its facts say.
 * @throws SealError
 */
export async function readContent(
  redis: Redis,
  prefix: string,
  sealer: Sealer,
  id: string,
): Promise<Buffer | null> {
  const sealed = await redis.hgetBuffer(createKeys(prefix).deadSealed, id);
  return sealed === null ? null : openContent(sealer, id, sealed);
}
