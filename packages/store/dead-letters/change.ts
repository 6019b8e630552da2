import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { createQueues } from '../delivery/queues.ts';
import type { NewEnvelope } from '../intake/envelope.ts';
import { type Keys, NO_PIXEL } from '../keys.ts';
import { block, envelopeInput, joinInput, ledgerInput } from '../lua/change-arguments.ts';
import { deadLetterChangeScript } from '../lua/changes.ts';
import { releaseLock, takeLock } from '../lua/locks.ts';
import { runScript, type ScriptInput } from '../lua/scripts.ts';
import type { Sealer } from '../sealing.ts';
import { type AuditEntry, auditArguments } from '../status/audit.ts';
import type { LedgerChange } from '../status/ledger.ts';
import type { Store } from '../store.ts';
import type { UnreadLetter } from './pages/outline.ts';
import {
  deadLetterKeys,
  insertArguments,
  type NewDeadLetter,
  positionArguments,
  removeArguments,
} from './script-arguments.ts';

/** Dead letters that end, and what takes their place. It happens as a whole or not at all. */
export interface DeadLetterChange {
  readonly removed: readonly DeadLetterFacts[];
  /** Dead letters that end although their facts cannot be read. */
  readonly removedUnread?: readonly UnreadLetter[];
  readonly envelopes: readonly NewEnvelope[];
  /** Dead letters that are written: those of `ended` that stay dead after all, and new ones. */
  readonly inserted: readonly NewDeadLetter[];
  /** Pixel → what its ledger gains or loses; it must stay in balance. */
  readonly ledgers: ReadonlyMap<string, LedgerChange>;
  /** How far a replay has come with it. */
  readonly progress?: {
    readonly replay: string;
    readonly fields: Readonly<Record<string, string>>;
  };
  /** Ids that are marked as purged or imported, or whose mark is removed; each kind once. */
  readonly marks?: readonly {
    readonly as: 'purged' | 'imported';
    readonly ids: readonly string[];
    readonly holds: boolean;
  }[];
  readonly audit?: AuditEntry;
}

/** A step in which nothing ends. */
export const NO_CHANGE: DeadLetterChange = {
  removed: [],
  envelopes: [],
  inserted: [],
  ledgers: new Map(),
};

/** Takes dead letters out of Redis: to be sent after all, or for good. */
export interface ChangeStore {
  /**
   * One replay or purge at a time: two at once would send events twice. Null when it is ours now,
   * else in how many ms it comes free if its owner was killed.
   */
  lock(): Promise<number | null>;
  /**
   * `lost` when another process has the lock, or it has expired: then nothing happened, and what
   * is known of the dead letters may no longer be true.
   *
   * @throws HalfWrittenError when a command in it failed and what was written could not be taken back
   */
  applyChange(change: DeadLetterChange): Promise<'done' | 'lost'>;
  /** Gives the lock back. */
  close(): Promise<void>;
}

/** Long enough for any one step, short enough that one that was killed does not block for long. */
const LOCK_MS = 15_000;

interface ChangeStoreOptions {
  readonly sealer: Sealer;
  /** A name that no other process has. */
  readonly owner: string;
  /** Whether the process of this owner has certainly ended: then its lock is free at once. */
  readonly isDeadOwner?: (owner: string) => boolean;
}

export function createChangeStore(store: Store, options: ChangeStoreOptions): ChangeStore {
  const { sealer, owner, isDeadOwner = () => false } = options;
  const { redis, keys } = store;
  const queues = createQueues(store);
  const { replayLock } = keys;
  return {
    async lock() {
      if (await takeLock(redis, [replayLock], { owner, ms: LOCK_MS, isDeadOwner })) return null;
      return Math.max(await redis.pttl(replayLock), 0);
    },
    async applyChange(change) {
      const { envelopes } = change;
      await queues.ensure(envelopes.map(({ pixelId }) => pixelId));
      const { script, ...jobs } = envelopeInput(redis, envelopes, keys, queues.open, 'replay');
      const input = inputOf(change, jobs, { keys, sealer, owner });
      return (await runScript(redis, deadLetterChangeScript(script), input)) ? 'done' : 'lost';
    },
    async close() {
      await releaseLock(redis, replayLock, owner);
      await queues.close();
    },
  };
}

function inputOf(
  change: DeadLetterChange,
  jobs: ScriptInput,
  { keys, sealer, owner }: { keys: Keys; sealer: Sealer; owner: string },
): ScriptInput {
  const { removed, removedUnread = [], envelopes, inserted, ledgers, progress, audit } = change;
  const ends = removed.length + removedUnread.length > 0;
  const { purged, imported } = keys.dead;
  const adds = envelopes.length > 0 || inserted.length > 0;
  return joinInput([
    { keys: [...deadLetterKeys(keys), keys.pixels, keys.trial], args: [] },
    {
      keys: [keys.replayLock, purged, imported, keys.replay(progress?.replay ?? ''), keys.audit],
      args: [owner, LOCK_MS, adds ? 1 : 0],
    },
    ledgerInput(ledgers, keys),
    { keys: [], args: block(inserted.length > 0 ? insertArguments(sealer, inserted) : []) },
    jobs,
    { keys: [], args: block(ends ? removeArguments(removed, removedUnread) : []) },
    { keys: [], args: block(markArguments(change, 'purged')) },
    { keys: [], args: block(markArguments(change, 'imported')) },
    { keys: [], args: block(Object.entries(progress?.fields ?? {}).flat()) },
    { keys: [], args: block(audit === undefined ? [] : auditArguments(audit)) },
  ]);
}

function markArguments({ marks = [] }: DeadLetterChange, as: 'purged' | 'imported'): string[] {
  const found = marks.find((each) => each.as === as && each.ids.length > 0);
  return found === undefined ? [] : [found.holds ? '1' : '0', ...positionArguments(found.ids)];
}

/** What the ledger of a dead letter's own pixel is called. */
export function ledgerOf({ pixelId }: Pick<DeadLetterFacts, 'pixelId'>): string {
  return pixelId ?? NO_PIXEL;
}
