import type { KafkaCoordinates } from '#core/dead-letter.ts';
import { readTimestamp } from '#core/kafka-message.ts';
import type { EachBatchPayload, KafkaRecord } from '#kafka/client.ts';
import type { IntakeStore } from '#queue/intake.ts';
import type { RedisWork } from '#queue/redis-work.ts';
import type { Collector } from './collector.ts';
import type { Partitions } from './partitions.ts';
import type { Position } from './positions.ts';
import type { Reader } from './reader.ts';
import type { Taker } from './taker.ts';

/** Told what Kafka gave us. */
export interface BatchCounters {
  messages(topic: string, messages: number, bytes: number, newest: number): void;
  repeated(topic: string, messages: number): void;
  missing(topic: string, partition: number, messages: number): void;
}

export interface Rooms {
  readonly reader: Reader;
  readonly collector: Collector;
  readonly taker: Taker;
  readonly partitions: Partitions;
  readonly counters: BatchCounters;
  readonly work: RedisWork;
  /** Asks Redis where partitions stand. */
  readonly watermarks: IntakeStore['watermarks'];
  readonly seek: (topic: string, partition: number, offset: number) => void;
}

/** Messages read before anybody else gets the event loop: some milliseconds. */
const STRIDE = 256;

const HEARTBEAT_MS = 1000;

/** Reads what Kafka fetched for one partition. */
export function createBatchHandler(rooms: Rooms): (payload: EachBatchPayload) => Promise<void> {
  const { partitions, taker, counters, work } = rooms;
  return async (payload) => {
    const { batch } = payload;
    const { topic, partition } = batch;
    const epoch = partitions.epoch;
    const fetched = {
      firstOffset: firstOffsetOf(batch),
      lastOffset: Number(batch.lastOffset()),
      endOffset: Number(batch.highWatermark),
    };
    const next = await alive(
      payload,
      work.retryUntilDone('watermarks', () => partitions.next(topic, partition, fetched)),
    );
    if (partitions.epoch !== epoch) return;
    if (next.kind === 'seek') return rooms.seek(topic, partition, next.offset);
    if (next.missing > 0) counters.missing(topic, partition, next.missing);

    for (let at = 0; at < batch.messages.length; ) {
      if (!payload.isRunning() || payload.isStale() || partitions.epoch !== epoch) return;
      const read = readStride(rooms, batch, batch.messages.slice(at, at + STRIDE), next.position);
      at += read;
      const { full } = taker;
      if (full !== null) await alive(payload, taker.take(full));
      else await new Promise(setImmediate);
      if (partitions.epoch !== epoch) return;
      if (read > 0) payload.resolveOffset(batch.messages[at - 1]?.offset ?? '');
    }
    await payload.heartbeat();
  };
}

/**
 * Reads messages until what was read by all partitions together makes an intake full.
 * @returns how many of them are done with
 */
function readStride(
  rooms: Rooms,
  { topic, partition }: { topic: string; partition: number },
  messages: readonly KafkaRecord[],
  position: Position,
): number {
  const { collector, counters, taker } = rooms;
  const now = Date.now();
  let [done, repeated, read, bytes, newest] = [0, 0, 0, 0, 0];
  for (const message of messages) {
    if (taker.full !== null) break;
    done += 1;
    const offset = Number(message.offset);
    if (offset < position.next) {
      repeated += 1;
      continue;
    }
    position.next = offset + 1;
    const timestamp = readTimestamp(message.timestamp);
    const size = readOne(rooms, message, { topic, partition, offset, timestamp }, now);
    if (size === null) continue;
    bytes += size;
    read += 1;
    collector.messages += 1;
    // Messages without a timestamp, or with one that has not come yet, do not say how old others are.
    if (timestamp > newest && timestamp <= now) newest = timestamp;
  }
  if (repeated > 0) counters.repeated(topic, repeated);
  if (done === repeated) return done;
  // What is behind a gap is taken like a message, so that neither lag nor a restart counts it.
  collector.step(topic, partition, position.from, position.next);
  position.from = position.next;
  if (read > 0) counters.messages(topic, read, bytes, newest);
  taker.linger();
  return done;
}

/** The bytes that were read; null where there is no message. */
function readOne(
  { reader, collector }: Rooms,
  { key, value, headers = {}, gap }: KafkaRecord,
  kafka: KafkaCoordinates,
  now: number,
): number | null {
  if (gap === undefined) {
    reader.read({ key, value, headers }, kafka, now, collector);
    return value?.length ?? 0;
  }
  if (gap.fault === null) return null;
  reader.refuse(gap.fault, { ...kafka, offset: gap.firstOffset }, now, collector);
  return gap.fault.bytes.length;
}

/** Where what was fetched begins; a gap is known by its last offset. */
function firstOffsetOf(batch: EachBatchPayload['batch']): number {
  const [first]: readonly KafkaRecord[] = batch.messages;
  return first?.gap?.firstOffset ?? Number(batch.firstOffset());
}

/** Waits for something that may take long, and tells the group meanwhile that we live. */
async function alive<T>(payload: EachBatchPayload, work: Promise<T>): Promise<T> {
  const finished = work.then(() => true);
  while (!(await Promise.race([finished, rest(HEARTBEAT_MS)]))) await payload.heartbeat();
  return work;
}

function rest(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, ms, false).unref());
}
