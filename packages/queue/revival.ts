import type { Redis } from 'ioredis';
import type { DeadLetterFacts } from '#core/dead-letter.ts';
import { burialArguments, burialKeys, countField, type DeadLetter } from './burial.ts';
import type { NewEnvelope } from './intake.ts';
import { begin, changeLedgers, judge, putEnvelopes } from './intake-transaction.ts';
import { createKeys, NO_PIXEL } from './keys.ts';
import type { LedgerChange } from './ledger.ts';
import { createQueues } from './queues.ts';
import { BURY_COMMAND, EXHUME_COMMAND, UNLOCK_COMMAND, withScripts } from './scripts.ts';
import type { Sealer } from './sealing.ts';

/** Dead letters that end, and what takes their place. It happens as a whole or not at all. */
export interface Revival {
  readonly ended: readonly DeadLetterFacts[];
  readonly envelopes: readonly NewEnvelope[];
  /** Dead letters that are written: those of `ended` that stay dead after all, and new ones. */
  readonly buried: readonly DeadLetter[];
  /** Pixel → what its ledger gains or loses; it must stay in balance. */
  readonly changes: ReadonlyMap<string, LedgerChange>;
}

/** Takes dead letters out of Redis: to be sent after all, or for good. */
export interface RevivalStore {
  /**
   * One replay or purge at a time: two at once would send events twice. Null when it is ours now,
   * else in how many ms it comes free if its owner was killed.
   */
  lock(): Promise<number | null>;
  /**
   * `lost` when the lock has gone to somebody else, or has run out: then nothing happened, and what
   * is known of the dead letters may no longer be true.
   *
   * Not to be called again before it has answered: the transaction uses the connection's own state.
   */
  revive(revival: Revival): Promise<'done' | 'lost'>;
  /** Gives the lock back. */
  close(): Promise<void>;
}

/** Long enough for any one step, short enough that one that was killed does not block for long. */
const LOCK_MS = 15_000;

/** @param owner a name that nobody else has */
export function createRevivalStore(
  redis: Redis,
  options: { prefix: string; sealer: Sealer; owner: string },
): RevivalStore {
  const { prefix, sealer, owner } = options;
  const keys = createKeys(prefix);
  const queues = createQueues(redis, prefix);
  const scripted = withScripts(redis);
  return {
    async lock() {
      if ((await redis.set(keys.replayLock, owner, 'PX', LOCK_MS, 'NX')) === 'OK') return null;
      return Math.max(await redis.pttl(keys.replayLock), 0);
    },
    async revive({ ended, envelopes, buried, changes }) {
      await queues.ensure(envelopes.map(({ pixelId }) => pixelId));
      const jobs = envelopes.map(({ pixelId, id }) => keys.job(pixelId, id));
      await redis.watch(keys.replayLock, ...jobs);
      const holder = await redis.get(keys.replayLock);
      const taken = jobs.length > 0 && (await redis.exists(...jobs)) > 0;
      if (holder !== owner || taken) await redis.unwatch();
      // BullMQ ignores a job whose id it has, and with it would go the events.
      if (taken) throw new Error('an envelope of this replay is in the queue already');
      if (holder !== owner) return 'lost';
      const transaction = begin(redis);
      putEnvelopes(transaction, envelopes, keys, queues.open);
      const letters = ended.flatMap((facts) => [facts.id, countField(facts)]);
      transaction.runCommand(EXHUME_COMMAND, [...burialKeys(keys), ...letters]);
      if (buried.length > 0) {
        const written = burialArguments(sealer, buried);
        transaction.runCommand(BURY_COMMAND, [...burialKeys(keys), ...written]);
      }
      changeLedgers(transaction, changes, keys);
      transaction.set(keys.replayLock, owner, 'PX', LOCK_MS);
      return judge(await transaction.exec(), envelopes.length) === 'taken' ? 'done' : 'lost';
    },
    async close() {
      await scripted[UNLOCK_COMMAND]([keys.replayLock, owner]);
      await queues.close();
    },
  };
}

/** What the ledger of a dead letter's own pixel is called. */
export function ledgerOf({ pixelId }: Pick<DeadLetterFacts, 'pixelId'>): string {
  return pixelId ?? NO_PIXEL;
}
