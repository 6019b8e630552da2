import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { createLock } from '../locks.ts';
import { PUBLISHED } from '../lua/locks.ts';
import { runScript } from '../lua/scripts.ts';
import { SealError, type Sealer } from '../sealing.ts';
import type { SealedStore, Store } from '../store.ts';
import { writeLine, writeLineWithout } from './line.ts';
import { type PlacedLetter, readPages, type UnreadablePage } from './pages/reader.ts';
import { type OpenedLetter, openLetters, readStoreId } from './read.ts';

export interface PublishDeps {
  readonly store: SealedStore;
  readonly topic: string;
  /** A name that no other process has. */
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
 * come is written down only when the topic has it: after a crash the last
 * step is published again, and nothing is left out. While another process publishes, nothing happens.
 */
export async function publishPending(deps: PublishDeps): Promise<void> {
  const progress = createPublishStore(deps.store, deps);
  const before = await progress.progress();
  if (before.published >= before.last || !(await progress.lock())) return;
  // A topic that answers slowly must not cost the lock.
  const beat = setInterval(() => void progress.lock().catch(() => {}), PUBLISH_LOCK_MS / 3);
  try {
    await publishAll(progress, deps);
  } finally {
    clearInterval(beat);
    await progress.unlock().catch(() => {}); // it ends by itself where Redis has gone
  }
}

async function publishAll(
  progress: ReturnType<typeof createPublishStore>,
  { store, signal, send, onUnreadable, pause }: PublishDeps,
): Promise<void> {
  const { last, published } = await progress.progress();
  const from = await readStoreId(store);
  const after = { page: published, index: Number.POSITIVE_INFINITY };
  const step = async (part: readonly PlacedLetter[], reached: number): Promise<boolean> => {
    const facts = part.map((placed) => placed.facts);
    const opened = await openLetters(store, facts);
    if (opened.length > 0)
      await send(opened.map((each) => publicationOf(each, from, store.sealer)));
    return !signal.aborted && (await progress.advance(reached));
  };
  let part: PlacedLetter[] = [];
  const options = { order: 'oldest', after, last, onUnreadable } as const;
  for await (const page of readPages(store, options)) {
    part.push(...page);
    if (part.length < AT_ONCE) continue;
    if (!(await step(part, part.at(-1)?.place.page ?? published))) return;
    part = [];
    await pause();
    if (signal.aborted) return;
  }
  await step(part, last);
}

/** A dead letter as a message of a topic. */
export interface Publication {
  /** Where in Kafka it was read: all that ever died of a message stands in one partition, in order. */
  readonly key: string;
  /** The line that an export writes of it, still sealed. */
  readonly value: string;
  /** What a reader may choose by without looking into the value. */
  readonly headers: Readonly<Record<'id' | 'pixel' | 'stage' | 'reason', string>>;
  /** True when the value has no event: it does not open, or is larger than the topic takes. */
  readonly truncated: boolean;
  readonly facts: DeadLetterFacts;
  /** The installation that it is dead in. */
  readonly store: string;
}

/** The longest value that is tried: a broker hangs up on requests far beyond what it takes. */
const MAX_VALUE_BYTES = 32 * 1024 * 1024;

const TOO_LARGE = 'it is larger than the topic takes, dead-letters export --sealed writes it';

function publicationOf(letter: OpenedLetter, store: string, sealer: Sealer): Publication {
  const { facts, content } = letter;
  const line = writeLine(letter, store, sealer);
  if (line !== null && line.length <= MAX_VALUE_BYTES) return asMessage(facts, store, line, false);
  return without(facts, store, content instanceof SealError ? content.message : TOO_LARGE);
}

/** The same without its event, for a topic that does not take messages of its size. */
export function shortened({ facts, store }: Publication): Publication {
  return without(facts, store, TOO_LARGE);
}

function without(facts: DeadLetterFacts, store: string, why: string): Publication {
  return asMessage(facts, store, writeLineWithout(facts, store, why), true);
}

function asMessage(
  facts: DeadLetterFacts,
  store: string,
  line: string,
  truncated: boolean,
): Publication {
  const { id, pixelId, stage, reason, kafka } = facts;
  return {
    key: `${kafka.topic}/${kafka.partition}/${kafka.offset}`,
    value: line.trimEnd(),
    headers: { id, pixel: pixelId ?? 'none', stage, reason },
    truncated,
    facts,
    store,
  };
}

/** How long a publisher that gives no sign keeps its lock, in ms. */
export const PUBLISH_LOCK_MS = 15_000;

/** Keeps how far dead letters have been published, so that one publisher at a time goes on there. */
export function createPublishStore(
  store: Store,
  { topic, owner }: Pick<PublishDeps, 'topic' | 'owner'>,
) {
  const { redis, keys } = store;
  const key = keys.publishLock(topic);
  const lock = createLock(redis, [key], { owner, ms: PUBLISH_LOCK_MS });
  return {
    /** True when it is ours from now on, or for longer: for so long that it has to be said again. */
    lock: lock.take,
    progress: () => progressOf(store, topic),
    /** False when another process has the lock: then nothing happened. It never moves back. */
    advance(page: number): Promise<boolean> {
      const args = [owner, PUBLISH_LOCK_MS, fieldOf(topic), page];
      return runScript(redis, PUBLISHED, { keys: [key, keys.dead.totals], args });
    },
    unlock: lock.release,
  };
}

/** How many pages of dead letters are held that were not published to a topic yet. */
export async function countUnpublished(store: Store, topic: string): Promise<number> {
  const { published } = await progressOf(store, topic);
  return store.redis.zcount(store.keys.dead.order, published + 1, '+inf');
}

/** The newest page that there ever was, and the newest one that was published; 0 where none was. */
async function progressOf({ redis, keys }: Store, topic: string) {
  const [last, published] = await redis.hmget(keys.dead.totals, 'pages', fieldOf(topic));
  return { last: Number(last ?? 0), published: Number(published ?? 0) };
}

/** By topic: one that is configured later starts with all that is held. */
function fieldOf(topic: string): string {
  return `published:${topic}`;
}
