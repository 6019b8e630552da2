import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { Sealer } from '../sealing.ts';
import type { Store } from '../store.ts';
import { type Placed, readPages, type UnreadablePage } from './dead-letter-pages.ts';
import { openLetters, readStoreId } from './dead-letters.ts';
import { isGone } from './lock.ts';
import { type Publication, publicationOf } from './publication.ts';
import { createPublishingStore, PUBLISH_LOCK_MS, type PublishingStore } from './unpublished.ts';

export interface PublishingRooms {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly topic: string;
  /** A name that nobody else has. */
  readonly owner: string;
  /** Resolves when the topic has all of them. */
  readonly send: (publications: readonly Publication[]) => Promise<void>;
  /**
   * Ends it between two steps. Also to be told when Redis was away: it may have come back as it was
   * some time ago, and what is known of its pages may no longer be true.
   */
  readonly signal: AbortSignal;
  /** Told of pages that cannot be read: they are left out, and the others follow. */
  readonly onUnreadable: (page: UnreadablePage) => void;
  /** Between two steps, so that a great many leave room for other work. */
  readonly pause: () => Promise<void>;
}

/** Dead letters of a step; a page is never divided, so that there may be some more. */
const AT_ONCE = 250;

/**
 * Publishes what died since it was last done, in the order in which it was written. How far it has
 * come is written down only when the topic has it: whoever goes on after a crash publishes the last
 * step again, and leaves nothing out. Where somebody else is at it, nothing happens.
 */
export async function publishUntold(rooms: PublishingRooms): Promise<void> {
  const { topic, owner } = rooms;
  const progress = createPublishingStore(rooms.store, { topic, owner, isGone });
  const before = await progress.standing();
  if (before.published >= before.last || !(await progress.lock())) return;
  // A topic that answers slowly must not cost the lock.
  const beat = setInterval(() => void progress.lock().catch(() => {}), PUBLISH_LOCK_MS / 3);
  try {
    await publishAll(progress, rooms);
  } finally {
    clearInterval(beat);
    await progress.unlock().catch(() => {}); // it ends by itself where Redis has gone
  }
}

async function publishAll(progress: PublishingStore, rooms: PublishingRooms): Promise<void> {
  const { store, sealer, signal, onUnreadable } = rooms;
  const { last, published } = await progress.standing();
  const from = await readStoreId(store);
  const after = { page: published, index: Number.POSITIVE_INFINITY };
  const step = async (part: readonly Placed[], reached: number): Promise<boolean> => {
    await publish(rooms, from, part);
    return !signal.aborted && (await progress.advance(reached));
  };
  let part: Placed[] = [];
  const options = { order: 'oldest', after, last, onUnreadable } as const;
  for await (const page of readPages(store, sealer, options)) {
    part.push(...page);
    if (part.length < AT_ONCE) continue;
    if (!(await step(part, part.at(-1)?.place.page ?? published))) return;
    part = [];
    await rooms.pause();
    if (signal.aborted) return;
  }
  await step(part, last);
}

async function publish(
  { store, sealer, send }: PublishingRooms,
  from: string,
  part: readonly Placed[],
): Promise<void> {
  const letters: DeadLetterFacts[] = part.map(({ facts }) => facts);
  const opened = await openLetters(store, letters, sealer);
  if (opened.length > 0) await send(opened.map((each) => publicationOf(each, from, sealer)));
}
