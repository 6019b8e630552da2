import type { Redis } from 'ioredis';
import type { DeadLetterFacts } from '#core/dead-letter.ts';
import { type AuditEntry, auditArguments } from './audit.ts';
import {
  burialArguments,
  burialKeys,
  type DeadLetter,
  exhumeArguments,
  positionArguments,
} from './burial.ts';
import type { NewEnvelope } from './intake.ts';
import {
  begin,
  changeLedgers,
  judge,
  putEnvelopes,
  type Transaction,
} from './intake-transaction.ts';
import { createKeys, type Keys, NO_PIXEL } from './keys.ts';
import type { LedgerChange } from './ledger.ts';
import { createQueues } from './queues.ts';
import {
  BURY_COMMAND,
  EXHUME_COMMAND,
  LOCK_COMMAND,
  REMEMBER_COMMAND,
  UNLOCK_COMMAND,
  withScripts,
} from './scripts.ts';
import type { Sealer } from './sealing.ts';

/** Dead letters that end, and what takes their place. It happens as a whole or not at all. */
export interface Revival {
  readonly ended: readonly DeadLetterFacts[];
  readonly envelopes: readonly NewEnvelope[];
  /** Dead letters that are written: those of `ended` that stay dead after all, and new ones. */
  readonly buried: readonly DeadLetter[];
  /** Pixel → what its ledger gains or loses; it must stay in balance. */
  readonly changes: ReadonlyMap<string, LedgerChange>;
  /** How far a replay has come with it. */
  readonly progress?: {
    readonly replay: string;
    readonly fields: Readonly<Record<string, string>>;
  };
  /** Of which ids it is remembered that they were purged, were imported, or are purged no more. */
  readonly remember?: readonly {
    readonly as: 'purged' | 'imported';
    readonly ids: readonly string[];
    readonly holds: boolean;
  }[];
  readonly audit?: AuditEntry;
}

/** A step in which nothing ends. */
export const NOTHING: Revival = { ended: [], envelopes: [], buried: [], changes: new Map() };

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

export interface RevivalOptions {
  readonly prefix: string;
  readonly sealer: Sealer;
  /** A name that nobody else has. */
  readonly owner: string;
  /** Whether this owner certainly lives no more: then its lock is free at once. */
  readonly isGone?: (owner: string) => boolean;
}

/** @param redis a connection of its own: it holds the state of the transaction */
export function createRevivalStore(redis: Redis, options: RevivalOptions): RevivalStore {
  const { prefix, sealer, owner, isGone = () => false } = options;
  const keys = createKeys(prefix);
  const queues = createQueues(redis, prefix);
  const scripted = withScripts(redis);
  const take = (gone: string) => scripted[LOCK_COMMAND]([keys.replayLock, owner, LOCK_MS, gone]);
  return {
    async lock() {
      const holder = await take('');
      if (holder === null || (isGone(holder) && (await take(holder)) === null)) return null;
      return Math.max(await redis.pttl(keys.replayLock), 0);
    },
    async revive(revival) {
      const { envelopes } = revival;
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
      putEnvelopes(transaction, envelopes, keys, queues.open, 'replay');
      fill(transaction, revival, keys, sealer);
      transaction.set(keys.replayLock, owner, 'PX', LOCK_MS);
      return judge(await transaction.exec(), envelopes.length) === 'taken' ? 'done' : 'lost';
    },
    async close() {
      await scripted[UNLOCK_COMMAND]([keys.replayLock, owner]);
      await queues.close();
    },
  };
}

function fill(transaction: Transaction, revival: Revival, keys: Keys, sealer: Sealer): void {
  const { ended, buried, changes, progress, remember = [], audit } = revival;
  if (ended.length > 0) {
    transaction.runCommand(EXHUME_COMMAND, [...burialKeys(keys), ...exhumeArguments(ended)]);
  }
  if (buried.length > 0) {
    transaction.runCommand(BURY_COMMAND, [...burialKeys(keys), ...burialArguments(sealer, buried)]);
  }
  for (const { as, ids, holds } of remember) {
    if (ids.length === 0) continue;
    const positions = positionArguments(ids);
    transaction.runCommand(REMEMBER_COMMAND, [keys.dead[as], holds ? '1' : '0', ...positions]);
  }
  changeLedgers(transaction, changes, keys);
  if (progress !== undefined) transaction.hset(keys.replay(progress.replay), progress.fields);
  if (audit !== undefined) transaction.xadd(keys.audit, ...auditArguments(audit));
}

/** What the ledger of a dead letter's own pixel is called. */
export function ledgerOf({ pixelId }: Pick<DeadLetterFacts, 'pixelId'>): string {
  return pixelId ?? NO_PIXEL;
}
