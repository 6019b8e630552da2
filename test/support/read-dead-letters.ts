import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { readPages } from '#store/dead-letters/pages/reader.ts';
import type { Sealer } from '#store/sealing.ts';
import type { Store } from '#store/store.ts';

/** How many dead letters there are in all: one read of one number. */
export async function readHeld(store: Store): Promise<number> {
  return Number((await store.redis.hget(store.keys.dead.totals, 'held')) ?? 0);
}

/** The facts of every dead letter, newest first. */
export async function* readAllFacts(store: Store, sealer: Sealer): AsyncGenerator<DeadLetterFacts> {
  for await (const page of readPages({ ...store, sealer }, { order: 'newest' })) {
    for (const { facts } of page) yield facts;
  }
}
