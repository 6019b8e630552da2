import { LOCK_COMMAND, PUBLISHED_COMMAND, UNLOCK_COMMAND, withScripts } from '../lua/scripts.ts';
import type { Store } from '../store.ts';

/** How far the dead letters have been published to a topic, in numbers of pages. */
export interface Standing {
  /** The newest page that there ever was. */
  readonly last: number;
  /** The newest one that was published; 0 where none was. */
  readonly published: number;
}

/** Keeps how far dead letters have been published, so that one publisher at a time goes on there. */
export interface PublishingStore {
  /** True when it is ours from now on, or for longer: for so long that it has to be said again. */
  lock(): Promise<boolean>;
  standing(): Promise<Standing>;
  /** False when the lock has gone to somebody else: then nothing happened. It never moves back. */
  advance(page: number): Promise<boolean>;
  /** Gives the lock back. */
  unlock(): Promise<void>;
}

export interface PublishingOptions {
  readonly topic: string;
  /** A name that nobody else has. */
  readonly owner: string;
  /** Whether this owner certainly lives no more: then its lock is free at once. */
  readonly isGone: (owner: string) => boolean;
}

/** How long a publisher that gives no sign keeps its lock, in ms. */
export const PUBLISH_LOCK_MS = 15_000;

export function createPublishingStore(store: Store, options: PublishingOptions): PublishingStore {
  const { topic, owner, isGone } = options;
  const { redis, keys } = store;
  const key = keys.publishLock(topic);
  const scripted = withScripts(redis);
  const take = (gone: string) => scripted[LOCK_COMMAND]([key, owner, PUBLISH_LOCK_MS, gone]);
  return {
    async lock() {
      const holder = await take('');
      return holder === null || (isGone(holder) && (await take(holder)) === null);
    },
    standing: () => standingOf(store, topic),
    async advance(page) {
      const { totals } = keys.dead;
      const args = [key, totals, owner, PUBLISH_LOCK_MS, fieldOf(topic), page];
      return (await scripted[PUBLISHED_COMMAND](args)) === 1;
    },
    async unlock() {
      await scripted[UNLOCK_COMMAND]([key, owner]);
    },
  };
}

/** How many pages of dead letters are held that were not published to a topic yet. */
export async function countUnpublished(store: Store, topic: string): Promise<number> {
  const { published } = await standingOf(store, topic);
  return store.redis.zcount(store.keys.dead.order, published + 1, '+inf');
}

async function standingOf({ redis, keys }: Store, topic: string): Promise<Standing> {
  const [last, published] = await redis.hmget(keys.dead.totals, 'pages', fieldOf(topic));
  return { last: Number(last ?? 0), published: Number(published ?? 0) };
}

/** By topic: one that is configured later begins with all that is held. */
function fieldOf(topic: string): string {
  return `published:${topic}`;
}
