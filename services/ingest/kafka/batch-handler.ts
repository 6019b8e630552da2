import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import { readTimestamp } from '#core/event/kafka-message.ts';
import { type EachBatchPayload, type KafkaRecord, logStartOf } from '#kafka/client.ts';
import type { TopicIds } from '#kafka/topic-ids.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { IngestCounters } from '../counters.ts';
import type { IntakeBuilder } from '../intake/builder.ts';
import type { Reader } from '../intake/reader.ts';
import type { IntakeWriter } from '../intake/writer.ts';
import type { AssignedPartitions, NextStep } from './partitions.ts';
import type { FetchedBatch, Position } from './positions.ts';

export interface BatchDeps {
  readonly reader: Pick<Reader, 'read' | 'refuse'>;
  readonly builder: Pick<IntakeBuilder, 'messages' | 'step'>;
  readonly writer: Pick<IntakeWriter, 'full' | 'write' | 'linger'>;
  readonly partitions: Pick<AssignedPartitions, 'epoch' | 'next'>;
  readonly counters: Pick<IngestCounters, 'messages' | 'repeated' | 'missing' | 'recreated'>;
  readonly work: Pick<RedisWork, 'retryUntilDone'>;
  readonly topicIds: Pick<TopicIds, 'ask'>;
  readonly seek: (topic: string, partition: number, offset: number) => void;
  /** Writes what was read, and reads again from the watermarks. */
  readonly reread: () => Promise<void>;
  /**
   * Loads the schemas of these messages. False where the registry does not give them: the partition is
   * fetched again once it does.
   */
  readonly loadSchemas: (
    topic: string,
    partition: number,
    messages: readonly KafkaRecord[],
  ) => Promise<boolean>;
  /** Reads nothing more of a partition until a person moves its watermark. */
  readonly halt: (topic: string, partition: number, watermark: Watermark, found: boolean) => void;
}

/** Messages read before the event loop is released: some milliseconds. */
const CHUNK = 256;

const HEARTBEAT_MS = 1000;

/** Before a batch is fetched again, in ms. */
const RETRY_MS = 250;

/** Reads what Kafka fetched of one partition. */
export function createBatchHandler(deps: BatchDeps): (payload: EachBatchPayload) => Promise<void> {
  const { partitions, writer, counters, work } = deps;
  return async (payload) => {
    const { batch } = payload;
    const { topic, partition } = batch;
    const epoch = partitions.epoch;
    const topicId = await withHeartbeats(payload, topicIdOf(deps, topic));
    if (topicId === undefined) return;
    const next = await withHeartbeats(
      payload,
      work.retryUntilDone(
        'watermarks',
        () => partitions.next(topic, partition, fetchedBatch(batch, topicId)),
        () => payload.isRunning() && partitions.epoch === epoch,
      ),
    );
    if (next === null || partitions.epoch !== epoch) return;
    if (next.kind !== 'read') return carryOut(next, deps, payload);
    if (next.missing !== null) counters.missing(topic, partition, next.missing);

    for (let at = 0; at < batch.messages.length; ) {
      if (!payload.isRunning() || payload.isStale() || partitions.epoch !== epoch) return;
      const chunk = batch.messages.slice(at, at + CHUNK);
      const { done, isBlocked } = readChunk(deps, batch, chunk, next.position);
      at += done;
      const { full } = writer;
      if (full !== null) await withHeartbeats(payload, writer.write(full));
      else await new Promise(setImmediate);
      if (partitions.epoch !== epoch) return;
      if (done > 0) payload.resolveOffset(batch.messages[at - 1]?.offset ?? '');
      if (isBlocked && !(await loadSchemas(deps, payload, at))) return;
    }
    await payload.heartbeat();
  };
}

/**
 * The id of a topic after a batch of it was fetched. If it has not changed, the batch is of the same
 * topic, because ids are never reused. Undefined when no broker tells it.
 */
async function topicIdOf({ topicIds }: BatchDeps, topic: string) {
  try {
    return await topicIds.ask(topic);
  } catch {
    // The failure is noted, and the batch is fetched again.
    await sleep(RETRY_MS, undefined, { ref: false });
    return undefined;
  }
}

function fetchedBatch(batch: EachBatchPayload['batch'], topicId: string | null): FetchedBatch {
  const [first]: readonly KafkaRecord[] = batch.messages;
  return {
    // A gap has the offset of its end.
    firstOffset: first?.gap?.firstOffset ?? Number(batch.firstOffset()),
    lastOffset: Number(batch.lastOffset()),
    endOffset: Number(batch.highWatermark),
    logStart: logStartOf(batch),
    topicId,
  };
}

/** Does what is due instead of reading the batch; it is fetched again, or another one is. */
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
 * Reads messages until what all partitions together have read makes an intake full.
 * @returns how many of them are done, read or skipped, and whether the next one needs a schema
 */
function readChunk(
  deps: BatchDeps,
  { topic, partition }: { topic: string; partition: number },
  messages: readonly KafkaRecord[],
  position: Position,
): { readonly done: number; readonly isBlocked: boolean } {
  const { builder, counters, writer } = deps;
  const now = Date.now();
  let [done, repeated, read, bytes, newest] = [0, 0, 0, 0, 0];
  let isBlocked = false;
  for (const message of messages) {
    if (writer.full !== null) break;
    done += 1;
    const offset = Number(message.offset);
    if (offset < position.next) {
      repeated += 1;
      continue;
    }
    const timestamp = readTimestamp(message.timestamp);
    const size = readRecord(deps, message, { topic, partition, offset, timestamp }, now);
    if (size === 'blocked') {
      done -= 1;
      isBlocked = true;
      break;
    }
    position.next = offset + 1;
    if (size === null) continue;
    bytes += size;
    read += 1;
    builder.messages += 1;
    // A missing timestamp, or one in the future, does not tell how old the messages are.
    if (timestamp > newest && timestamp <= now) newest = timestamp;
  }
  if (repeated > 0) counters.repeated(topic, repeated);
  if (done === repeated) return { done, isBlocked };
  // A gap moves the watermark as a message does, so that neither lag nor a restart counts it.
  builder.step(topic, partition, position);
  position.from = position.next;
  if (read > 0) counters.messages(topic, read, bytes, newest);
  writer.linger();
  return { done, isBlocked };
}

/** @returns the bytes that were read; null where there is no message, `blocked` where a schema is missing */
function readRecord(
  { reader }: BatchDeps,
  { key, value, headers = {}, gap }: KafkaRecord,
  kafka: KafkaCoordinates,
  now: number,
): number | null | 'blocked' {
  if (gap === undefined) {
    const isRead = reader.read({ key, value, headers }, kafka, now);
    return isRead ? (value?.length ?? 0) : 'blocked';
  }
  if (gap.fault === null) return null;
  reader.refuse(gap.fault, { ...kafka, offset: gap.firstOffset }, now);
  return gap.fault.bytes.length;
}

/** @returns false where the batch has to be fetched again */
async function loadSchemas(
  { loadSchemas }: BatchDeps,
  payload: EachBatchPayload,
  at: number,
): Promise<boolean> {
  const { topic, partition, messages } = payload.batch;
  return withHeartbeats(payload, loadSchemas(topic, partition, messages.slice(at)));
}

/** Waits for work that may take long, and sends heartbeats to the group meanwhile. */
async function withHeartbeats<T>(payload: EachBatchPayload, work: Promise<T>): Promise<T> {
  const finished = work.then(() => true);
  while (!(await Promise.race([finished, sleep(HEARTBEAT_MS, false, { ref: false })])))
    await payload.heartbeat();
  return work;
}
