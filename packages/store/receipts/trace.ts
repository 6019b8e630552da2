import type { Configuration } from '#config/configuration.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { parseFilter } from '#core/dead-letter/filter.ts';
import type { Halt } from '#core/delivery/halt.ts';
import { textOf } from '#core/mapping/scalars.ts';
import { eventIdShown } from '#core/privacy/harmless.ts';
import { hashPersonal } from '#core/privacy/hash.ts';
import { select } from '../dead-letters/select.ts';
import { boardOnce } from '../delivery/lane-board.ts';
import { replayOf } from '../intake/envelope.ts';
import type { SealedStore } from '../store.ts';
import { type FoundReceipt, findReceipts, heldInParts } from './find.ts';
import { MessageNames, PositionNames } from './names.ts';
import type { AcceptedRequest, ReceiptFacts } from './receipt.ts';

/** What happened to an event, one step after another. */
interface TraceStep {
  readonly outcome: ReceiptFacts['outcome'];
  /** Unix ms. */
  readonly at: number;
  readonly reason?: string;
  readonly envelope?: string;
  /** The replay that queued it, or whose envelope it was in. */
  readonly replay?: string;
  readonly request?: AcceptedRequest;
}

/** What became of one message for one pixel. */
export interface TracedEvent {
  /** Null when no pixel could be told. */
  readonly pixelId: string | null;
  /** `unknown`: it left the queue, and no receipt says how. */
  readonly state: ReceiptFacts['outcome'] | 'unknown';
  /** Its position in Kafka, where it is known. */
  readonly kafka: { topic: string; partition: number; offset: number } | null;
  readonly steps: readonly TraceStep[];
  /** The dead letter that it is now. */
  readonly deadLetter: DeadLetterFacts | null;
  /** Why the lane in which it waits is halted; absent where it does not wait, or the lane is active. */
  readonly halt?: Pick<Halt, 'state' | 'why'>;
}

export interface MessageTrace {
  /** At most {@link MOST_TRACED}, the newest. */
  readonly events: readonly TracedEvent[];
  /** How many were left out, at least. */
  readonly more: number;
  /** Since when receipts say what became of each event, Unix ms; null where there are none. */
  readonly receiptsSince: number | null;
}

export interface TraceDeps {
  readonly store: SealedStore;
  readonly configuration: Configuration;
}

/** More are left out: a producer may give one id to every message, and Redis searches each by its place. */
const MOST_TRACED = 100;

/** It remembers what names begin with, and one event after another asks. */
const POSITIONS = new PositionNames();

/** Partitions of a topic that a position is looked up among. */
const MOST_PARTITIONS = 1024;

/** Whether an event belongs to a selection by pixel. */
type OfPixel = (of: { readonly pixelId: string | null }) => boolean;

/**
 * What became of a message, for each pixel.
 * @param pixel null for all of them
 */
export async function traceMessage(
  deps: TraceDeps,
  messageId: string,
  pixel: string | null,
): Promise<MessageTrace> {
  const { store, configuration } = deps;
  const id = textOf(messageId) ?? '';
  const ofPixel: OfPixel = ({ pixelId }) => pixel === null || pixelId === pixel;
  const held = await heldInParts(store, 'receipts');
  const names = new MessageNames(configuration.sealing).namesOf(id);
  const found = held === null ? [] : await findReceipts(store, 'm', names);
  const { read, left } = newestOf(found.filter(ofPixel));
  const since = Math.min(...read.map(({ writtenAt }) => writtenAt));
  const settled = await findReceipts(store, 'p', receiptPositions(read), since);
  const histories = eventHistories(read, settled).filter(ofPixel);
  const board = boardOnce(store);
  const letters = new Letters(histories.map(historyKey), left);
  for await (const page of lettersOf(deps, id)) letters.add(page.filter(ofPixel));
  const events = await Promise.all(
    histories.map((history) =>
      tracedEventOf(deps, board, history, letters.at(historyKey(history))),
    ),
  );
  const others = letters.otherThan(events).map(eventOfLetter);
  const shown = [...others.slice(0, Math.max(MOST_TRACED - events.length, 0)).reverse(), ...events];
  const more = left.size + letters.more + events.length + others.length - shown.length;
  return { events: shown, more, receiptsSince: held?.since ?? null };
}

/** What one event for one pixel is known by. */
export function historyKey({
  position,
  pixelId,
}: Pick<FoundReceipt, 'position' | 'pixelId'>): string {
  return `${position.toString('hex')} ${pixelId}`;
}

/** The receipts of the newest events, and what the events are known by that were left out. */
function newestOf(found: readonly FoundReceipt[]) {
  const keys = [...new Set(found.map(historyKey))];
  const left = new Set(keys.slice(0, -MOST_TRACED));
  return { read: found.filter((receipt) => !left.has(historyKey(receipt))), left };
}

/** The dead letters of a message, the newest first, as far as they are shown. */
class Letters {
  private readonly traced: ReadonlySet<string>;
  private readonly left: ReadonlySet<string>;
  private readonly found = new Map<string, DeadLetterFacts>();
  private readonly others: DeadLetterFacts[] = [];
  /** How many were left out. */
  more = 0;

  /**
   * @param traced what the events are known by of which receipts tell
   * @param left those that were counted, and are not shown
   */
  constructor(traced: readonly string[], left: ReadonlySet<string>) {
    this.traced = new Set(traced);
    this.left = left;
  }

  add(letters: readonly DeadLetterFacts[]): void {
    for (const letter of letters) {
      const position = POSITIONS.nameOf(letter.kafka);
      const key = historyKey({ position, pixelId: letter.pixelId });
      if (this.left.has(key)) continue;
      if (this.traced.has(key) && !this.found.has(key)) this.found.set(key, letter);
      else if (this.others.length < MOST_TRACED) this.others.push(letter);
      else this.more += 1;
    }
  }

  at(key: string): DeadLetterFacts | null {
    return this.found.get(key) ?? null;
  }

  /** Those that no event has become, the newest first. */
  otherThan(events: readonly TracedEvent[]): DeadLetterFacts[] {
    const known = new Set(events.map(({ deadLetter }) => deadLetter?.id));
    return [...this.found.values(), ...this.others].filter(({ id }) => !known.has(id));
  }
}

export function receiptPositions(receipts: readonly FoundReceipt[]): Buffer[] {
  const positions = new Map(receipts.map(({ position }) => [position.toString('hex'), position]));
  return [...positions.values()];
}

/** The receipts of one message for one pixel, the oldest first. */
interface History {
  readonly pixelId: string | null;
  readonly position: Buffer;
  readonly receipts: readonly FoundReceipt[];
}

export function eventHistories(
  read: readonly FoundReceipt[],
  settled: readonly FoundReceipt[],
): readonly History[] {
  const queuedIn = new Set(read.map(({ envelope }) => envelope));
  // A topic that was recreated has the same positions again, in other envelopes.
  const ours = settled.filter(
    ({ envelope }) => replayOf(envelope ?? '') !== null || queuedIn.has(envelope),
  );
  const all = [...read, ...ours].sort((a, b) => a.writtenAt - b.writtenAt);
  return [...Map.groupBy(all, historyKey).values()].flatMap((receipts) => {
    const [first] = receipts;
    return first === undefined
      ? []
      : [{ pixelId: first.pixelId, position: first.position, receipts }];
  });
}

export async function tracedEventOf(
  { store, configuration }: TraceDeps,
  board: ReturnType<typeof boardOnce>,
  { pixelId, position, receipts }: History,
  deadLetter: DeadLetterFacts | null,
): Promise<TracedEvent> {
  const kafka = kafkaPlaceOf(position, configuration.kafka.topics);
  const steps = receipts.map(stepOf);
  const last = steps.at(-1);
  let state: TracedEvent['state'] = last?.outcome ?? 'unknown';
  if (state === 'queued' && pixelId !== null) {
    const open = await store.redis.hexists(store.keys.open(pixelId), last?.envelope ?? '');
    if (open === 0) state = deadLetter === null ? 'unknown' : 'dead';
  }
  const event = { pixelId, state, kafka, steps, deadLetter: state === 'dead' ? deadLetter : null };
  if (state !== 'queued' && state !== 'parked') return event;
  const halt = (await board()).get(pixelId ?? '')?.halt;
  return halt === undefined ? event : { ...event, halt: { state: halt.state, why: halt.why } };
}

function stepOf({ outcome, writtenAt, reason, envelope, request }: FoundReceipt): TraceStep {
  const replay = replayOf(envelope ?? '');
  return {
    outcome,
    at: request?.at ?? writtenAt,
    ...(reason === undefined ? {} : { reason }),
    ...(envelope === undefined ? {} : { envelope }),
    ...(replay === null ? {} : { replay }),
    ...(request === undefined ? {} : { request }),
  };
}

function eventOfLetter(letter: DeadLetterFacts): TracedEvent {
  const { pixelId, reason, diedAt, kafka } = letter;
  const { topic, partition, offset } = kafka;
  const steps = [{ outcome: 'dead', at: diedAt, reason }] as const;
  const at = { topic, partition, offset };
  return { pixelId, state: 'dead', kafka: at, steps, deadLetter: letter };
}

/** The dead letters of a message. Where its id is personal, its event has a hash of it instead. */
async function* lettersOf(
  { store }: TraceDeps,
  id: string,
): AsyncGenerator<readonly DeadLetterFacts[]> {
  const ids = [eventIdShown(id), eventIdShown(hashPersonal(id))];
  const parsed = parseFilter(`eventid:${ids.map((each) => `"${each}"`).join()}`);
  if (parsed.ok) yield* select(store, parsed.filter, { order: 'newest' });
}

/** Tells a position in Kafka from its name. */
export function kafkaPlaceOf(name: Buffer, topics: readonly string[]): TracedEvent['kafka'] {
  for (const topic of topics) {
    for (let partition = 0; partition < MOST_PARTITIONS; partition += 1) {
      const offset = POSITIONS.offsetIn(name, topic, partition);
      if (offset !== null) return { topic, partition, offset };
    }
  }
  return null;
}
