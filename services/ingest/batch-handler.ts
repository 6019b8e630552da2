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

    for (let at = 0; at < batch.messages.length; at += STRIDE) {
      if (!payload.isRunning() || payload.isStale() || partitions.epoch !== epoch) return;
      const stride = batch.messages.slice(at, at + STRIDE);
      readStride(rooms, batch, stride, next.position);
      if (taker.full) await alive(payload, taker.take('count'));
      else await new Promise(setImmediate);
      if (partitions.epoch !== epoch) return;
      payload.resolveOffset(stride.at(-1)?.offset ?? '');
    }
    await payload.heartbeat();
  };
}

function readStride(
  rooms: Rooms,
  batch: { topic: string; partition: number },
  messages: readonly KafkaRecord[],
  position: Position,
): void {
  const { topic, partition } = batch;
  const { reader, collector, counters } = rooms;
  const now = Date.now();
  let bytes = 0;
  let read = 0;
  let empty = 0;
  let newest = 0;
  for (const message of messages) {
    const offset = Number(message.offset);
    if (offset < position.next) continue;
    const timestamp = readTimestamp(message.timestamp);
    const kafka = { topic, partition, offset, timestamp };
    position.next = offset + 1;
    const { key, value, headers = {}, gap = null } = message;
    if (gap === null) {
      reader.read({ key, value, headers }, kafka, now, collector);
      bytes += value?.length ?? 0;
    } else if (gap.fault === null) {
      empty += 1;
      continue;
    } else {
      reader.refuse(gap.fault, { ...kafka, offset: gap.firstOffset }, now, collector);
      bytes += gap.fault.bytes.length;
    }
    read += 1;
    // Messages without a timestamp, or with one that has not come yet, do not say how old others are.
    if (timestamp > newest && timestamp <= now) newest = timestamp;
  }
  if (read + empty < messages.length) counters.repeated(topic, messages.length - read - empty);
  if (read + empty === 0) return;
  collector.messages += read;
  // What is behind a gap is taken like a message, so that neither lag nor a restart counts it.
  collector.step(topic, partition, position.from, position.next);
  position.from = position.next;
  if (read > 0) counters.messages(topic, read, bytes, newest);
  rooms.taker.linger();
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
