import type { Configuration } from '#config/configuration.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { Redis } from '../connection.ts';
import { sealerOf } from '../sealer-of.ts';
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
  redis: Redis,
  { redis: { prefix }, sealing }: Configuration,
): Promise<void> {
  const sealer = sealerOf(sealing);
  const options = { prefix, sealer, owner: ownerName('edit'), isGone };
  const store = createRevivalStore(redis, options);
  await takeLock(store);
  try {
    const { id, ...rest } = facts;
    const { by, reason, changed } = account;
    const original = sealer.seal(before, `edited:${id}`).toString('base64');
    const what = { at: Date.now(), action: 'edited', where: `id:${id}`, replay: null } as const;
    const done = await store.revive({
      ...NOTHING,
      ended: [facts],
      buried: [{ facts: rest, content: after }],
      audit: { ...what, by, reason, details: { changed, original } },
    });
    if (done === 'lost') throw lockLost('nothing was changed');
  } finally {
    await store.close().catch(() => {}); // the lock ends by itself where Redis has gone
  }
}
