import { randomUUID } from 'node:crypto';
import type { Store } from '../store.ts';

/** What tells one Redis and prefix from every other. */
export interface StoreClaim {
  readonly id: string;
  /** When its first ingest started, Unix ms. */
  readonly since: number;
}

const FORM = /^([\w-]{36}) (\d{1,15})$/;

/**
 * The claim of a store, which is made where there is none yet.
 *
 * @param own what this process knows it by: a Redis that was emptied meanwhile stays the same store
 * @throws Error when Redis does not answer, or something else wrote to the key
 */
export async function claimStore(store: Store, own: StoreClaim | null): Promise<StoreClaim> {
  // A Redis that is full refuses to set even what it has.
  const known = await readStoreClaim(store);
  if (known !== null) return known;
  const { id, since } = own ?? { id: randomUUID(), since: Date.now() };
  await store.redis.set(store.keys.store, `${id} ${since}`, 'NX');
  const claim = await readStoreClaim(store);
  if (claim === null) throw new Error('the id of the store is gone from Redis at once');
  return claim;
}

/** Null where no ingest has ever started. */
export async function readStoreClaim(store: Store): Promise<StoreClaim | null> {
  const text = await store.redis.get(store.keys.store);
  if (text === null) return null;
  const [, id, since] = FORM.exec(text) ?? [];
  if (id !== undefined && since !== undefined) return { id, since: Number(since) };
  throw new Error(`${store.keys.store} in Redis holds no id: something else wrote to it`);
}
