import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import { readTimestamp } from '#core/event/kafka-message.ts';
import { type EachBatchPayload, type KafkaRecord, logStartOf } from '#kafka/client.ts';
import type { TopicIds } from '#kafka/topic-ids.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import type { IntakeStore } from '#store/intake/writer.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { IntakeBuilder } from '../intake/builder.ts';
import type { Reader } from '../intake/reader.ts';
import type { IntakeWriter } from '../intake/writer.ts';
import type { AssignedPartitions, NextStep } from './partitions.ts';
import type { FetchedBatch, MissingOffsets, Position } from './positions.ts';

/** Told what Kafka gave us. */
export interface BatchCounters {
  messages(topic: string, messages: number, bytes: number, newest: number): void;
  repeated(topic: string, messages: number): void;
  /** Gone from Kafka before they were read. */
  missing(topic: string, partition: number, missing: MissingOffsets): void;
  /** The topic was deleted and created again: its watermark was `before`, and starts over. */
  recreated(topic: string, partition: number, before: Watermark | null): void;
}

export interface BatchDeps {
  readonly reader: Reader;
  readonly builder: IntakeBuilder;
  readonly writer: IntakeWriter;
  readonly partitions: AssignedPartitions;
  readonly counters: BatchCounters;
  readonly work: RedisWork;
  /** Asks Redis where partitions stand. */
  readonly watermarks: IntakeStore['watermarks'];
  readonly seek: (topic: string, partition: number, offset: number) => void;
  readonly topicIds: Pick<TopicIds, 'ask'>;
  /** Takes what was read, and reads again from the watermarks. */
  readonly reread: () => Promise<void>;
  /** Reads nothing more of a partition until a person says where. */
  readonly halt: (topic: string, partition: number, watermark: Watermark, found: boolean) => void;
}

/** Messages read before anybody else gets the event loop: some milliseconds. */
const CHUNK = 256;

const HEARTBEAT_MS = 1000;

/** Before a batch is fetched again, in ms. */
const TRY_AGAIN_MS = 250;

/** Reads what Kafka fetched for one partition. */
export function createBatchHandler(deps: BatchDeps): (payload: EachBatchPayload) => Promise<void> {
  const { partitions, writer, counters, work } = deps;
  return async (payload) => {
    const { batch } = payload;
    const { topic, partition } = batch;
    const epoch = partitions.epoch;
    const topicId = await withHeartbeats(payload, identify(deps, topic));
    if (topicId === undefined) return;
    const next = await withHeartbeats(
      payload,
      work.retryUntilDone(
        'watermarks',
        () => partitions.next(topic, partition, fetchedOf(batch, topicId)),
        () => payload.isRunning() && partitions.epoch === epoch,
      ),
    );
    if (next === null || partitions.epoch !== epoch) return;
    if (next.kind !== 'read') return carryOut(next, deps, payload);
    if (next.missing !== null) counters.missing(topic, partition, next.missing);

    for (let at = 0; at < batch.messages.length; ) {
      if (!payload.isRunning() || payload.isStale() || partitions.epoch !== epoch) return;
      const read = readChunk(deps, batch, batch.messages.slice(at, at + CHUNK), next.position);
      at += read;
      const { full } = writer;
      if (full !== null) await withHeartbeats(payload, writer.write(full));
      else await new Promise(setImmediate);
      if (partitions.epoch !== epoch) return;
      if (read > 0) payload.resolveOffset(batch.messages[at - 1]?.offset ?? '');
    }
    await payload.heartbeat();
  };
}

/**
 * The id of a topic after a batch of it was fetched: while it is the one of before, so is the batch,
 * because ids never come back. Undefined when no broker says it.
 */
async function identify({ topicIds }: BatchDeps, topic: string) {
  try {
    return await topicIds.ask(topic);
  } catch {
    // Its failure is noted, and the batch is fetched again.
    await sleep(TRY_AGAIN_MS, undefined, { ref: false });
    return undefined;
  }
}

function fetchedOf(batch: EachBatchPayload['batch'], topicId: string | null): FetchedBatch {
  return {
    firstOffset: firstOffsetOf(batch),
    lastOffset: Number(batch.lastOffset()),
    endOffset: Number(batch.highWatermark),
    logStart: logStartOf(batch),
    topicId,
  };
}

/** What else there is to do than to read a batch: it will be fetched again, or another one. */
async function carryOut(
  next: Exclude<NextStep, { kind: 'read' }>,
  { seek, halt, reread, counters }: BatchDeps,
  payload: EachBatchPayload,
): Promise<void> {
  const { topic, partition } = payload.batch;
  switch (next.kind) {
    case 'seek':
      return seek(topic, partition, next.offset);
    case 'halt':
      return halt(topic, partition, next.watermark, next.found);
    case 'recreated':
      counters.recreated(topic, partition, next.before);
      return seek(topic, partition, next.to.offset);
    case 'reread':
      await withHeartbeats(payload, reread());
  }
}

/**
 * Reads messages until what was read by all partitions together makes an intake full.
 * @returns how many of them are done with
 */
function readChunk(
  deps: BatchDeps,
  { topic, partition }: { topic: string; partition: number },
  messages: readonly KafkaRecord[],
  position: Position,
): number {
  const { builder, counters, writer } = deps;
  const now = Date.now();
  let [done, repeated, read, bytes, newest] = [0, 0, 0, 0, 0];
  for (const message of messages) {
    if (writer.full !== null) break;
    done += 1;
    const offset = Number(message.offset);
    if (offset < position.next) {
      repeated += 1;
      continue;
    }
    position.next = offset + 1;
    const timestamp = readTimestamp(message.timestamp);
    const size = readOne(deps, message, { topic, partition, offset, timestamp }, now);
    if (size === null) continue;
    bytes += size;
    read += 1;
    builder.messages += 1;
    // Messages without a timestamp, or with one that has not come yet, do not say how old others are.
    if (timestamp > newest && timestamp <= now) newest = timestamp;
  }
  if (repeated > 0) counters.repeated(topic, repeated);
  if (done === repeated) return done;
  // What is behind a gap is taken like a message, so that neither lag nor a restart counts it.
  builder.step(topic, partition, position);
  position.from = position.next;
  if (read > 0) counters.messages(topic, read, bytes, newest);
  writer.linger();
  return done;
}

/** The bytes that were read; null where there is no message. */
function readOne(
  { reader, builder }: BatchDeps,
  { key, value, headers = {}, gap }: KafkaRecord,
  kafka: KafkaCoordinates,
  now: number,
): number | null {
  if (gap === undefined) {
    reader.read({ key, value, headers }, kafka, now, builder);
    return value?.length ?? 0;
  }
  if (gap.fault === null) return null;
  reader.refuse(gap.fault, { ...kafka, offset: gap.firstOffset }, now, builder);
  return gap.fault.bytes.length;
}

/** Where what was fetched begins; a gap is known by its last offset. */
function firstOffsetOf(batch: EachBatchPayload['batch']): number {
  const [first]: readonly KafkaRecord[] = batch.messages;
  return first?.gap?.firstOffset ?? Number(batch.firstOffset());
}

/** Waits for something that may take long, and tells the group meanwhile that we live. */
async function withHeartbeats<T>(payload: EachBatchPayload, work: Promise<T>): Promise<T> {
  const finished = work.then(() => true);
  while (!(await Promise.race([finished, sleep(HEARTBEAT_MS, false, { ref: false })])))
    await payload.heartbeat();
  return work;
}
