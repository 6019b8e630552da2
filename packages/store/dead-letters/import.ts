import { ownerName } from '../locks.ts';
import { MARKS_KEPT_DAYS } from '../lua/dead-letters.ts';
import type { SealedStore, Store } from '../store.ts';
import { type DeadLetterChange, sumByLedger, withLock } from './change.ts';
import type { LetterLine } from './line.ts';
import { placeOfId } from './pages/seal.ts';
import { readMarked, readStoreId } from './read.ts';

const DAY_MS = 86_400_000;

/**
 * Takes dead letters in that a purge or an export wrote. Each comes in once: one of this installation
 * only if it was purged here, one of another only if it was not imported before; the same file may be
 * imported again after a crash, and nothing comes twice.
 *
 * @returns how many came back; how many were here already, or had been; and how many of another
 *   installation are so old that it is no longer remembered whether they had been
 * @throws LockError while another process replays or purges
 */
export function importLetters(
  parts: AsyncIterable<readonly LetterLine[]>,
  { by, reason }: { readonly by: string; readonly reason: string | null },
  store: SealedStore,
) {
  return withLock(store, ownerName('import'), async (commit) => {
    const result = { imported: 0, known: 0, expired: 0 };
    const take = (change: DeadLetterChange) => commit(change, `${result.imported} were imported`);
    const ours = await readStoreId(store);
    for await (const all of parts) {
      const lines = all.filter((line) => line.store === ours || isRemembered(line, Date.now()));
      result.expired += all.length - lines.length;
      const unknown = await unknownOf(lines, ours, store);
      await take(changeOf(unknown, ours));
      result.imported += unknown.length;
      result.known += lines.length - unknown.length;
    }
    const nowhere = { where: null, replay: null };
    const audit = { at: Date.now(), by, action: 'imported', reason, ...nowhere } as const;
    await take({ audit: { ...audit, details: { ...result } } });
    return result;
  });
}

function changeOf(lines: readonly LetterLine[], ours: string): DeadLetterChange {
  const idsOf = (own: boolean): string[] =>
    lines.filter(({ store }) => (store === ours) === own).map(({ facts }) => facts.id);
  return {
    inserted: lines.map(({ facts: { id: _, ...facts }, content }) => ({ facts, content })),
    // One that was purged here no longer counts as purged; one from elsewhere was never counted here.
    ledgers: sumByLedger(
      lines.map(({ store, facts }) => [
        facts,
        store === ours ? { dead: 1, purged: -1 } : { dead: 1, consumed: 1 },
      ]),
    ),
    purged: { ids: idsOf(true), holds: false },
    imported: { ids: idsOf(false), holds: true },
  };
}

/** Whether an import of it could still be remembered. */
function isRemembered({ facts }: LetterLine, now: number): boolean {
  return now - facts.diedAt < MARKS_KEPT_DAYS * DAY_MS;
}

async function unknownOf(
  lines: readonly LetterLine[],
  ours: string,
  store: Store,
): Promise<LetterLine[]> {
  const ids = lines.map(({ facts }) => facts.id).filter((id) => placeOfId(id) !== null);
  const purged = await readMarked(store, 'purged', ids);
  const imported = await readMarked(store, 'imported', ids);
  const seen = new Set<string>();
  return lines.filter(({ store, facts: { id } }) => {
    if (placeOfId(id) === null || seen.has(id)) return false;
    seen.add(id);
    return store === ours ? purged.has(id) : !imported.has(id);
  });
}
