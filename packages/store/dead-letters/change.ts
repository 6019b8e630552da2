import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { createQueues } from '../delivery/queues.ts';
import type { NewEnvelope } from '../intake/envelope.ts';
import { NO_PIXEL } from '../keys.ts';
import { createLock, LockError } from '../locks.ts';
import { block, envelopeInput, joinInput, ledgerInput } from '../lua/change-arguments.ts';
import { deadLetterChangeScript } from '../lua/changes.ts';
import { runScript, type ScriptInput } from '../lua/scripts.ts';
import { type Receipt, type ReceiptPolicy, receiptArguments } from '../receipts/receipt.ts';
import { type AuditEntry, auditArguments } from '../status/audit.ts';
import type { LedgerChange } from '../status/ledger.ts';
import type { SealedStore } from '../store.ts';
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
  readonly removed?: readonly DeadLetterFacts[];
  /** Dead letters that end although their facts cannot be read. */
  readonly removedUnread?: readonly UnreadLetter[];
  readonly envelopes?: readonly NewEnvelope[];
  /** Dead letters that are written: those of `removed` that stay dead after all, and new ones. */
  readonly inserted?: readonly NewDeadLetter[];
  /** Pixel → what its ledger gains or loses; it must stay in balance. */
  readonly ledgers?: ReadonlyMap<string, LedgerChange>;
  /** How far a replay has come with it. */
  readonly progress?: {
    readonly replay: string;
    readonly fields: Readonly<Record<string, string>>;
  };
  /** Ids that are marked as purged or imported, or whose mark is removed. */
  readonly purged?: Marks;
  readonly imported?: Marks;
  readonly audit?: AuditEntry;
  /** What is told of the events of a replay. */
  readonly receipts?: {
    readonly all: readonly Receipt[];
    readonly policy: ReceiptPolicy | null;
  };
}

interface Marks {
  readonly ids: readonly string[];
  readonly holds: boolean;
}

/** Long enough for any one step, short enough that one that was killed does not block for long. */
const LOCK_MS = 15_000;

export type ChangeStore = ReturnType<typeof createChangeStore>;

/**
 * Takes dead letters out of Redis: to be sent after all, or for good.
 * @param owner a name that no other process has
 */
export function createChangeStore(store: SealedStore, owner: string) {
  const { redis, keys } = store;
  const queues = createQueues(store);
  const lock = createLock(redis, [keys.replayLock], { owner, ms: LOCK_MS });
  return {
    /**
     * One replay or purge at a time: two at once would send events twice. Null when it is ours now,
     * else in how many ms it comes free if its owner was killed.
     */
    async lock(): Promise<number | null> {
      return (await lock.take()) ? null : Math.max(await redis.pttl(keys.replayLock), 0);
    },
    /**
     * `lost` when another process has the lock, or it has expired: then nothing happened, and what
     * is known of the dead letters may no longer be true.
     *
     * @throws HalfWrittenError when a command in it failed and what was written could not be taken back
     */
    async applyChange(change: DeadLetterChange): Promise<'done' | 'lost'> {
      const { envelopes = [] } = change;
      await queues.ensure(envelopes.map(({ pixelId }) => pixelId));
      const { script, ...jobs } = envelopeInput(redis, envelopes, keys, queues.open, 'replay');
      const input = inputOf(change, jobs, store, owner);
      return (await runScript(redis, deadLetterChangeScript(script), input)) ? 'done' : 'lost';
    },
    async close(): Promise<void> {
      await lock.release();
      await queues.close();
    },
  };
}

function inputOf(
  change: DeadLetterChange,
  jobs: ScriptInput,
  { keys, sealer }: SealedStore,
  owner: string,
): ScriptInput {
  const { removed = [], removedUnread = [], envelopes = [], inserted = [], progress } = change;
  const { ledgers = new Map(), audit, receipts } = change;
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
    { keys: [], args: block(markArguments(change.purged)) },
    { keys: [], args: block(markArguments(change.imported)) },
    { keys: [], args: block(Object.entries(progress?.fields ?? {}).flat()) },
    { keys: [], args: block(audit === undefined ? [] : auditArguments(audit)) },
    {
      keys: [keys.receipts],
      args: block(receiptArguments(receipts?.all ?? [], receipts?.policy)),
    },
  ]);
}

function markArguments({ ids, holds }: Marks = { ids: [], holds: false }): string[] {
  return ids.length === 0 ? [] : [holds ? '1' : '0', ...positionArguments(ids)];
}

/** What the ledgers of pixels gain or lose in all; null stands for what belongs to no pixel. */
export function sumByLedger(
  parts: Iterable<readonly [of: { readonly pixelId: string | null }, change: LedgerChange]>,
): Map<string, LedgerChange> {
  const ledgers = new Map<string, LedgerChange>();
  for (const [{ pixelId }, change] of parts) {
    const ledger = { ...ledgers.get(pixelId ?? NO_PIXEL) };
    for (const [field, by] of Object.entries(change) as [keyof LedgerChange, number][]) {
      if (by !== 0) ledger[field] = (ledger[field] ?? 0) + by;
    }
    ledgers.set(pixelId ?? NO_PIXEL, ledger);
  }
  return ledgers;
}

/** Applies a change under the lock. @throws LockError when the lock was lost; `done` says what is done by then */
export type Commit = (change: DeadLetterChange, done: string) => Promise<void>;

/**
 * Works under the lock of replays and purges, and releases it whatever happens.
 * @param owner a name that no other process has
 * @throws LockError while another process replays or purges
 */
export async function withLock<T>(
  store: SealedStore,
  owner: string,
  work: (commit: Commit) => Promise<T>,
): Promise<T> {
  const letters = createChangeStore(store, owner);
  const freeInMs = await letters.lock();
  if (freeInMs !== null) {
    const words = 'another replay or purge is under way, and two at once would send events twice';
    const seconds = Math.ceil(freeInMs / 1000);
    throw new LockError(`${words}: wait for its end, or ${seconds} s if it was killed`);
  }
  try {
    return await work(async (change, done) => {
      if ((await letters.applyChange(change)) === 'done') return;
      // It ran out in the middle: the process was paused, or the lock was deleted.
      const words = 'the lock was lost, so that another process may be at work';
      throw new LockError(`${words}: ${done}; start again to go on`);
    });
  } finally {
    await letters.close().catch(() => {}); // the lock ends by itself where Redis has gone
  }
}
