import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { parseFilter } from '#core/dead-letter/filter.ts';
import { tryToReadFacts } from '../dead-letters/pages/reader.ts';
import { placeOfId } from '../dead-letters/pages/seal.ts';
import { readMarked } from '../dead-letters/read.ts';
import { select } from '../dead-letters/select.ts';
import { boardOnce } from '../delivery/lane-board.ts';
import type { SealedStore } from '../store.ts';
import { type FoundReceipt, findReceipts } from './find.ts';
import { letterName } from './names.ts';
import {
  eventHistories,
  kafkaPlaceOf,
  receiptPositions,
  type TraceDeps,
  type TracedEvent,
  tracedEventOf,
} from './trace.ts';

/** What became of a dead letter that is gone. */
export type LetterEnd =
  | { readonly how: 'purged' }
  /** For each pixel that got it, what receipts tell. */
  | { readonly how: 'replayed'; readonly events: readonly TracedEvent[] }
  /** The same event is another dead letter now: it was edited, or replayed and died again. */
  | { readonly how: 'succeeded'; readonly by: DeadLetterFacts };

/** Null where nothing is known of it: it never existed, or its receipts are gone or were not kept. */
export async function traceLetter(deps: TraceDeps, id: string): Promise<LetterEnd | null> {
  const { store } = deps;
  if (placeOfId(id) === null) return null;
  if ((await readMarked(store, 'purged', [id])).has(id)) return { how: 'purged' };
  const read = await findReceipts(store, 'm', [letterName(id)]);
  if (read.length > 0) return { how: 'replayed', events: await eventsOf(deps, read) };
  const facts = await readEndedFacts(store, id);
  const by = facts === null ? null : await letterAt(store, facts, facts.pixelId);
  return by === null ? null : { how: 'succeeded', by };
}

async function eventsOf(
  deps: TraceDeps,
  read: readonly FoundReceipt[],
): Promise<readonly TracedEvent[]> {
  const { store, configuration } = deps;
  const since = Math.min(...read.map(({ writtenAt }) => writtenAt));
  const settled = await findReceipts(store, 'p', receiptPositions(read), since);
  // The step of the replay itself is told by both.
  const known = new Set(read.map(({ envelope, outcome }) => `${envelope} ${outcome}`));
  const others = settled.filter(({ envelope, outcome }) => !known.has(`${envelope} ${outcome}`));
  const board = boardOnce(store);
  return Promise.all(
    eventHistories(read, others).map(async (history) => {
      // What is delivered or filtered is no dead letter.
      const last = history.receipts.at(-1)?.outcome;
      const mayBeDead = last === 'dead' || last === 'queued';
      const place = mayBeDead ? kafkaPlaceOf(history.position, configuration.kafka.topics) : null;
      const letter =
        place === null ? null : await letterAt(store, { kafka: place }, history.pixelId);
      return tracedEventOf(deps, board, history, letter);
    }),
  );
}

/** The newest dead letter of a message for a pixel, and of the same part of it where that is known. */
async function letterAt(
  store: SealedStore,
  {
    kafka,
    ...rest
  }: Pick<NonNullable<TracedEvent['deadLetter']>, 'part'> & {
    readonly kafka: NonNullable<TracedEvent['kafka']>;
  },
  pixelId: string | null,
): Promise<DeadLetterFacts | null> {
  const { topic, partition, offset } = kafka;
  const parsed = parseFilter(`topic:"${topic}" partition:${partition} offset:${offset}`);
  if (!parsed.ok) return null;
  for await (const page of select(store, parsed.filter, { order: 'newest' })) {
    const same = page.find(
      (each) => each.pixelId === pixelId && (!('part' in rest) || each.part === rest.part),
    );
    if (same !== undefined) return same;
  }
  return null;
}

/** The facts of a dead letter that has ended; null where its page went with the last of it. */
async function readEndedFacts(store: SealedStore, id: string): Promise<DeadLetterFacts | null> {
  const { page = '' } = placeOfId(id) ?? {};
  const stored = await store.redis.hgetBuffer(store.keys.dead.facts, page);
  if (stored === null) return null;
  const letters = tryToReadFacts(store.sealer, page, stored, null);
  return 'why' in letters ? null : (letters.find((each) => each.id === id) ?? null);
}
