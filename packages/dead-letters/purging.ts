import type { DeadLetterFacts } from '#core/dead-letter.ts';
import type { Redis } from '#queue/connection.ts';
import { readSealed } from '#queue/dead-letters.ts';
import type { LedgerChange } from '#queue/ledger.ts';
import { createRevivalStore, ledgerOf } from '#queue/revival.ts';
import { sealerOf } from '#queue/sealer-of.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';
import type { Backup } from './backup.ts';
import { lockLost, ownerName, takeLock } from './lock.ts';

/** Thrown away in one step. */
const AT_ONCE = 250;

/**
 * Throws dead letters away; the ledger keeps them as purged. Each is in the backup before it goes,
 * so that one that is killed has thrown away nothing that is not there.
 *
 * @returns how many there were: some may have gone since they were selected
 */
export async function purge(
  ids: readonly string[],
  redis: Redis,
  { redis: { prefix }, sealing }: Configuration,
  backup: Backup | null,
): Promise<number> {
  const options = { prefix, sealer: sealerOf(sealing), owner: ownerName('purge') };
  const store = createRevivalStore(redis, options);
  await takeLock(store);
  let purged = 0;
  try {
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const letters = await readSealed(redis, prefix, ids.slice(at, at + AT_ONCE));
      await backup?.write(letters);
      const ended = letters.map(({ facts }) => facts);
      const step = { ended, envelopes: [], buried: [], changes: changesOf(ended) };
      if ((await store.revive(step)) === 'lost') throw lockLost(`${purged} were purged`);
      purged += ended.length;
    }
    return purged;
  } finally {
    await store.close().catch(() => {}); // the lock ends by itself where Redis has gone
  }
}

function changesOf(letters: readonly DeadLetterFacts[]): Map<string, LedgerChange> {
  const changes = new Map<string, LedgerChange>();
  for (const facts of letters) {
    const { dead = 0, purged = 0 } = changes.get(ledgerOf(facts)) ?? {};
    changes.set(ledgerOf(facts), { dead: dead - 1, purged: purged + 1 });
  }
  return changes;
}
