import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { Sealer } from '../sealing.ts';
import type { Store } from '../store.ts';
import { isGone, lockLost, ownerName, takeLock } from './lock.ts';
import { createRevivalStore, NOTHING } from './revival.ts';

/**
 * Puts another content into a dead letter, in one step and on somebody's account. The original, sealed,
 * stays in the audit trail. The dead letter has a new id afterwards.
 *
 * @throws LockError when somebody else replays or purges
 */
export async function replaceContent(
  facts: DeadLetterFacts,
  { before, after }: { readonly before: Buffer; readonly after: Buffer },
  account: {
    readonly by: string;
    readonly reason: string | null;
    readonly changed: readonly string[];
  },
  store: Store,
  sealer: Sealer,
): Promise<void> {
  const options = { sealer, owner: ownerName('edit'), isGone };
  const letters = createRevivalStore(store, options);
  await takeLock(letters);
  try {
    const { id, ...rest } = facts;
    const { by, reason, changed } = account;
    const original = sealer.seal(before, `edited:${id}`).toString('base64');
    const what = { at: Date.now(), action: 'edited', where: `id:${id}`, replay: null } as const;
    const done = await letters.revive({
      ...NOTHING,
      ended: [facts],
      buried: [{ facts: rest, content: after }],
      audit: { ...what, by, reason, details: { changed, original } },
    });
    if (done === 'lost') throw lockLost('nothing was changed');
  } finally {
    await letters.close().catch(() => {}); // the lock ends by itself where Redis has gone
  }
}
