import type { KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import { type KafkaMessage, readTimestamp } from '#core/event/kafka-message.ts';
import type { BatchFault, FetchedRecord } from '../fetch/fetched-record.ts';
import type { LogEnds } from '../observer.ts';
import type { LogReader } from './log-reader.ts';
import { countNewest, reachesFurther, type ScannedMessage, type ScannedTail } from './newest.ts';

/** A message as ingest reads it. */
export interface SampledMessage {
  readonly kafka: KafkaCoordinates;
  readonly message: KafkaMessage;
  /** Set where the message stands for a record batch that cannot be read. */
  readonly fault: BatchFault | null;
}

/** A part of a partition's log. */
export interface LogPart {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  /** The offset at which it ends. */
  readonly end: number;
  /** How many messages to read at most. */
  readonly count: number;
}

/** A partition, and where its log begins and ends. */
type PartitionLog = LogEnds & Pick<LogPart, 'topic' | 'partition'>;

class Tail implements ScannedTail {
  messages: ScannedMessage[] = [];
  from: number;
  readonly low: number;
  readonly log: PartitionLog;

  constructor(log: PartitionLog) {
    this.log = log;
    this.low = log.low;
    this.from = log.high;
  }

  /** Where the next scan starts: twice as far back, so that a log of gaps takes few scans. */
  startOf(step: number): number {
    return Math.max(this.low, this.from - Math.max(step, this.log.high - this.from));
  }
}

/**
 * Finds the newest messages of all partitions, from the ends of their logs backwards. Keeps only offsets
 * and timestamps, so that the size of messages does not matter.
 *
 * @param isLate true ends the search early, with the newest of what was found
 * @returns parts in the order of the logs, and whether the search came to its end
 */
export async function findNewest(
  reader: Pick<LogReader, 'fetch'>,
  logs: readonly PartitionLog[],
  count: number,
  isLate: () => boolean,
): Promise<{ readonly parts: readonly LogPart[]; readonly complete: boolean }> {
  const tails = logs.map((log) => new Tail(log));
  const step = Math.ceil(count / Math.max(logs.length, 1));
  for (;;) {
    const taken = countNewest(tails, count);
    const open = tails.filter((tail, at) => reachesFurther(tail, taken[at] ?? 0));
    const complete = open.length === 0;
    if (complete || isLate()) return { parts: partsOf(tails, taken), complete };
    for (const [topic, own] of Map.groupBy(open, ({ log }) => log.topic)) {
      await scanBack(reader, topic, own, { step, count, isLate });
    }
  }
}

function partsOf(tails: readonly Tail[], taken: readonly number[]): LogPart[] {
  return tails.flatMap(({ messages, log: { topic, partition, high } }, at) => {
    const count = taken[at] ?? 0;
    const from = messages[messages.length - count]?.offset;
    return from === undefined ? [] : [{ topic, partition, from, end: high, count }];
  });
}

interface Scan {
  readonly step: number;
  readonly count: number;
  readonly isLate: () => boolean;
}

/** A scan of one tail, from `next` up to where the tail was scanned before. */
interface Running {
  readonly tail: Tail;
  readonly found: ScannedMessage[];
  start: number;
  next: number;
  /** Until the first records came. */
  isFresh: boolean;
}

/** Scans the tails of one topic further back; one that time does not allow stays as it is. */
async function scanBack(
  reader: Pick<LogReader, 'fetch'>,
  topic: string,
  tails: readonly Tail[],
  { step, count, isLate }: Scan,
): Promise<void> {
  const scans = tails.map((tail): Running => {
    const start = tail.startOf(step);
    return { tail, found: [], start, next: start, isFresh: true };
  });
  const unread = (): Running[] => scans.filter(({ next, tail }) => next < tail.from);
  for (let open = unread(); open.length > 0; open = unread()) {
    if (isLate()) break;
    const offsets = new Map(open.map(({ tail, next }) => [tail.log.partition, next]));
    const answer = await reader.fetch(topic, offsets);
    const before = open.map(({ next }) => next);
    for (const scan of open) note(scan, answer.get(scan.tail.log.partition) ?? []);
    // A broker sends the first batch whatever its size: where none comes, there is none.
    const isStuck = open.every(({ next }, at) => next === before[at]);
    if (isStuck) for (const scan of open) scan.next = scan.tail.from;
  }
  for (const { tail, found, start, next } of scans) {
    if (next < tail.from) continue;
    tail.messages = [...found, ...tail.messages].slice(-count);
    tail.from = start;
  }
}

function note(scan: Running, records: readonly FetchedRecord[]): void {
  const { tail, found, isFresh } = scan;
  if (records.length > 0) scan.isFresh = false;
  for (const record of records) {
    const last = Number(record.offset);
    // The first batch may start before the offset that was asked for, and is scanned as a whole.
    if (!isFresh && last < scan.next) continue;
    scan.start = Math.min(scan.start, startOf(record));
    scan.next = Math.max(scan.next, last + 1);
    if (!isMessage(record) || startOf(record) >= tail.from) continue;
    found.push({ offset: startOf(record), timestamp: readTimestamp(record.timestamp) });
  }
}

/** A gap has the offset of its end. */
function startOf({ gap, offset }: FetchedRecord): number {
  return gap?.firstOffset ?? Number(offset);
}

/** A batch that cannot be read counts as one, as it does to ingest. */
function isMessage({ gap }: FetchedRecord): boolean {
  return gap === undefined || gap.fault !== null;
}

/** Reads a part of a log; of one answer after the other, none of which is kept. */
export async function* readPart(
  reader: Pick<LogReader, 'fetch'>,
  { topic, partition, from, end, count }: LogPart,
): AsyncGenerator<SampledMessage> {
  let next = from;
  let left = count;
  while (next < end && left > 0) {
    const answer = await reader.fetch(topic, new Map([[partition, next]]));
    const before = next;
    for (const record of answer.get(partition) ?? []) {
      const offset = startOf(record);
      if (Number(record.offset) < next || offset >= end) continue;
      next = Number(record.offset) + 1;
      if (!isMessage(record)) continue;
      const { key, value, headers, gap } = record;
      const kafka = { topic, partition, offset, timestamp: readTimestamp(record.timestamp) };
      yield { kafka, message: { key, value, headers }, fault: gap?.fault ?? null };
      left -= 1;
      if (left === 0) return;
    }
    if (next === before) return;
  }
}
