import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { DeadLetterFacts } from '#core/dead-letter.ts';
import { burialKeys, countField } from './burial.ts';
import type { NewEnvelope } from './intake.ts';
import { begin, putEnvelopes } from './intake-transaction.ts';
import { createKeys, NO_PIXEL, queueName } from './keys.ts';
import type { LEDGER_FIELDS } from './ledger.ts';
import { EXHUME_COMMAND, withScripts } from './scripts.ts';

export type LedgerChange = Partial<Record<(typeof LEDGER_FIELDS)[number], number>>;

/** Dead letters that end, and what takes their place. It happens as a whole or not at all. */
export interface Revival {
  readonly letters: readonly DeadLetterFacts[];
  readonly envelopes: readonly NewEnvelope[];
  /** Pixel → what its ledger gains or loses; it must stay in balance. */
  readonly changes: ReadonlyMap<string, LedgerChange>;
}

/** Takes dead letters out of Redis: to be sent after all, or for good. */
export interface RevivalStore {
  /**
   * @throws Error when somebody else replays or purges: two at once would send events twice
   */
  lock(): Promise<void>;
  /** @throws Error when the lock was lost; then nothing happened */
  revive(revival: Revival): Promise<void>;
  close(): Promise<void>;
}

/** Long enough for one step, short enough that a crash does not block the next replay for long. */
const LOCK_MS = 30_000;

export function createRevivalStore(redis: Redis, prefix: string, owner: string): RevivalStore {
  const keys = createKeys(prefix);
  const lockKey = `${prefix}:replay-lock`;
  const queues = new Map<string, Queue>();
  withScripts(redis);
  return {
    async lock() {
      if ((await redis.set(lockKey, owner, 'PX', LOCK_MS, 'NX')) === 'OK') return;
      const seconds = Math.ceil((await redis.pttl(lockKey)) / 1000);
      throw new Error(
        `a replay or purge is under way: wait for its end, or ${seconds} s when it was killed`,
      );
    },
    async revive({ letters, envelopes, changes }) {
      for (const { pixelId } of envelopes) {
        if (queues.has(pixelId)) continue;
        const queue = new Queue(queueName(pixelId), { connection: redis, prefix });
        queue.on('error', () => {}); // the connection reports its own errors
        await queue.waitUntilReady();
        queues.set(pixelId, queue);
      }
      await redis.watch(lockKey);
      if ((await redis.get(lockKey)) !== owner) {
        await redis.unwatch();
        throw new Error('another replay or purge has taken over: this one stops');
      }
      const transaction = begin(redis);
      putEnvelopes(transaction, envelopes, keys, queues);
      const ended = letters.flatMap((facts) => [facts.id, countField(facts)]);
      transaction.runCommand(EXHUME_COMMAND, [...burialKeys(keys), ...ended]);
      for (const [pixelId, change] of changes) {
        for (const [field, n] of Object.entries(change)) {
          if (n !== 0) transaction.hincrby(keys.ledger(pixelId), field, n);
        }
      }
      transaction.set(lockKey, owner, 'PX', LOCK_MS);
      const replies = await transaction.exec();
      if (replies === null)
        throw new Error('another replay or purge has taken over: this one stops');
      for (const [error] of replies) if (error) throw error;
    },
    async close() {
      if ((await redis.get(lockKey)) === owner) await redis.del(lockKey);
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** What the ledger of a dead letter's own pixel is called. */
export function ledgerOf({ pixelId }: DeadLetterFacts): string {
  return pixelId ?? NO_PIXEL;
}
