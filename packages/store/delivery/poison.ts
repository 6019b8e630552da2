import { repliesOf } from '../connection.ts';
import { LATE_FIELD } from '../lua/leases.ts';
import type { Store } from '../store.ts';

/** Notes about envelopes that cannot be worked on as others are; settling one ends them. */
export type PoisonStore = ReturnType<typeof createPoisonStore>;

export function createPoisonStore({ redis, keys }: Store) {
  return {
    /**
     * Notes that an envelope is begun alone, because workers vanished while they held it.
     * @returns how often that was, this time included
     */
    suspect: (pixelId: string, envelopeId: string): Promise<number> =>
      redis.hincrby(keys.suspects(pixelId), envelopeId, 1),
    /** How many of the workers that seemed to vanish while they held it were only slow. */
    async late(pixelId: string, envelopeId: string): Promise<number> {
      return Number((await redis.hget(keys.job(pixelId, envelopeId), LATE_FIELD)) ?? 0);
    },
    /** The worker that tried it alone has survived. */
    async clear(pixelId: string, envelopeId: string): Promise<void> {
      await redis.hdel(keys.suspects(pixelId), envelopeId);
    },
    /** Notes why an envelope does not open. */
    async unreadable(pixelId: string, envelopeId: string, why: string): Promise<void> {
      await redis.hset(keys.unreadable(pixelId), envelopeId, why);
    },
  };
}

/** Envelopes of a pixel that do not open. */
export interface Unreadable {
  readonly envelopes: number;
  /** Each different reason of some of them, the same ones in the same order. */
  readonly reasons: readonly string[];
}

/** Of how many envelopes the reasons are read: a thousand broken ones mostly share one. */
const REASONS_READ = 50;

/** The envelopes that workers have tried to open in vain, by pixel. */
export async function readUnreadable(
  store: Store,
  pixelIds: readonly string[],
): Promise<Map<string, Unreadable>> {
  const keys = store.keys;
  const pipeline = store.redis.pipeline();
  for (const pixelId of pixelIds) {
    const key = keys.unreadable(pixelId);
    pipeline.hlen(key).hrandfield(key, REASONS_READ, 'WITHVALUES');
  }
  const replies = await repliesOf(pipeline);
  return new Map(
    pixelIds.map((pixelId, index) => {
      const [envelopes, read] = replies.slice(index * 2, index * 2 + 2);
      const texts = [read].flat().filter((each) => typeof each === 'string');
      const reasons = [...new Set(texts.filter((_, at) => at % 2 === 1))].sort();
      return [pixelId, { envelopes: Number(envelopes), reasons }];
    }),
  );
}
