import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { Bucket, CauseGroup } from '#core/dead-letter/groups.ts';
import { SealError, type Sealer } from '../sealing.ts';
import type { SealedStore, Store } from '../store.ts';
import { parseStored } from '../stored-value.ts';
import { decodeLetters } from './decode-letters.ts';
import {
  comparePlaces,
  type PageOptions,
  type PlacedLetter,
  readNamedPages,
} from './pages/reader.ts';
import { openContents, pagesOfIds, placeOfId } from './pages/seal.ts';

const CAUSE = z.object({
  pixelId: z.string().nullable(),
  stage: z.string(),
  reason: z.string(),
  code: z.number().nullable(),
  subcode: z.number().nullable(),
  message: z.string(),
});

/** The groups, which are kept, not computed: what it takes grows with the groups alone. */
export async function readGroups(store: Store): Promise<CauseGroup[]> {
  const { groups, counts, died, expire } = store.keys.dead;
  const [causes, events, diedAt, expireAt] = await Promise.all(
    [groups, counts, died, expire].map((key) => store.redis.hgetall(key)),
  );
  const [deaths, expiries] = [byGroup(diedAt), byGroup(expireAt)];
  return Object.entries(causes ?? {})
    .map(([name, cause]) => ({
      ...parseStored(cause, 'a group of dead letters', CAUSE),
      events: Number(events?.[name] ?? 0),
      died: deaths.get(name) ?? [],
      expire: expiries.get(name) ?? [],
    }))
    .filter((group) => group.events > 0);
}

function byGroup(counts: Readonly<Record<string, string>> = {}): Map<string, Bucket[]> {
  const found = new Map<string, Bucket[]>();
  for (const [field, events] of Object.entries(counts)) {
    const [name = '', seconds] = field.split(':');
    const buckets = found.get(name) ?? [];
    found.set(name, buckets);
    buckets.push({ at: Number(seconds) * 1000, events: Number(events) });
  }
  for (const buckets of found.values()) buckets.sort((a, b) => a.at - b.at);
  return found;
}

/** The dead letters of these ids, the oldest first, without those that do not exist. */
export async function findPlaced(
  store: SealedStore,
  ids: readonly string[],
  onUnreadable?: PageOptions['onUnreadable'],
): Promise<PlacedLetter[]> {
  const { order } = store.keys.dead;
  const wanted = new Set(ids);
  const pages = await Promise.all(
    pagesOfIds(wanted).map(async (name) => ({
      name,
      number: Number(await store.redis.zscore(order, name)),
    })),
  );
  if (pages.length === 0) return [];
  const found: PlacedLetter[] = [];
  for await (const page of readNamedPages(store, pages, { onUnreadable })) {
    found.push(...page.filter(({ facts }) => wanted.has(facts.id)));
  }
  return found.sort((a, b) => comparePlaces(a.place, b.place));
}

/** A dead letter with its content, or with why that does not open. */
export interface OpenedLetter {
  readonly facts: DeadLetterFacts;
  readonly content: Buffer | SealError;
}

/** Opens the contents of dead letters that were just read; without those that are gone by now. */
export async function openLetters(
  { redis, keys, sealer, decoder }: SealedStore,
  letters: readonly DeadLetterFacts[],
): Promise<OpenedLetter[]> {
  const names = pagesOfIds(letters.map(({ id }) => id));
  if (names.length === 0) return [];
  const sealed = await redis.hmgetBuffer(keys.dead.sealed, ...names);
  const opened = new Map(
    names.map((name, at) => [name, openPage(sealer, name, sealed[at] ?? null)] as const),
  );
  const found = letters.flatMap((facts) => {
    const { page = '', index = -1 } = placeOfId(facts.id) ?? {};
    const contents = opened.get(page) ?? null;
    if (contents === null) return [];
    const content = contents instanceof SealError ? contents : contents[index];
    return [{ facts, content: content ?? new SealError('damaged', DAMAGED) }];
  });
  return decoder === undefined ? found : decodeLetters(found, decoder);
}

function openPage(
  sealer: Sealer,
  name: string,
  sealed: Buffer | null,
): Buffer[] | SealError | null {
  if (sealed === null) return null;
  try {
    return openContents(sealer, name, sealed);
  } catch (error) {
    if (error instanceof SealError) return error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ERR_BUFFER_TOO_LARGE' ? 'it is larger than this release opens' : DAMAGED;
    return new SealError('damaged', why);
  }
}

const DAMAGED = 'its page is damaged';

/** A name of this installation that no other one has; dead letters outside of it bear it. */
export async function readStoreId(store: Store): Promise<string> {
  const key = store.keys.dead.totals;
  await store.redis.hsetnx(key, 'store', randomBytes(8).toString('hex'));
  return String(await store.redis.hget(key, 'store'));
}

/** Which of these ids are marked as purged here, or as imported from elsewhere. */
export async function readMarked(
  store: Store,
  as: 'purged' | 'imported',
  ids: readonly string[],
): Promise<Set<string>> {
  const names = pagesOfIds(ids);
  if (names.length === 0) return new Set();
  const marks = await store.redis.hmget(store.keys.dead[as], ...names);
  const byName = new Map(names.map((name, at) => [name, marks[at] ?? ''] as const));
  return new Set(
    ids.filter((id) => {
      const place = placeOfId(id);
      return place !== null && byName.get(place.page)?.[place.index] === '1';
    }),
  );
}
