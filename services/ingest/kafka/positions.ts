import type { Watermark } from '#store/intake/watermarks.ts';

/** How far one partition has been read. */
export interface Position {
  /** The watermark once everything before is written; null when there is none yet. */
  from: number | null;
  /** The next offset to read. */
  next: number;
  /** The id of the topic; null where the brokers do not tell. */
  readonly topicId: string | null;
}

/** A fetched batch, and where it lies in its partition. */
export interface FetchedBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** The offset after the newest message of the partition. */
  readonly endOffset: number;
  /** The oldest offset of the log; null where the brokers do not tell. */
  readonly logStart: number | null;
  /** The id of the topic after the batch was fetched. */
  readonly topicId: string | null;
}

/** Offsets that were not read and are gone from Kafka; `to` is exclusive. */
export interface MissingOffsets {
  readonly from: number;
  readonly to: number;
}

/** What to do with a fetched batch, given the watermark in Redis. */
export type BatchStart =
  | { readonly kind: 'read'; readonly position: Position; readonly missing: MissingOffsets | null }
  | { readonly kind: 'seek'; readonly offset: number }
  /** The name belongs to another topic now: nothing of it was read. */
  | { readonly kind: 'recreated'; readonly to: Watermark }
  /**
   * The log of the topic, or of one that cannot be told apart from it, ends before the watermark: what
   * came after its end is gone, and new messages have the offsets of old ones.
   */
  | { readonly kind: 'truncated'; readonly to: Watermark }
  /** The log was truncated before, and no person has decided yet where to read on. */
  | { readonly kind: 'halted'; readonly watermark: Watermark };

/**
 * The watermark decides what is read, whatever Kafka holds as committed: it moved in the same step as
 * the write. A watermark before the batch means that Redis went back, so the batch must wait; a
 * watermark within or after it means that the messages before it are in Redis already.
 *
 * @param seekIssued true when this partition was sent to its watermark before: if Kafka then returns
 *   another offset, it has nothing at the watermark. The end of the log alone proves nothing, because a
 *   new leader learns it late
 */
export function resolveStart(
  watermark: Watermark | null,
  batch: FetchedBatch,
  seekIssued: boolean,
): BatchStart {
  const { firstOffset, lastOffset, endOffset, topicId } = batch;
  if (watermark === null) {
    const position = { from: null, next: firstOffset, topicId };
    return { kind: 'read', position, missing: null };
  }
  const { offset, haltedAt } = watermark;
  if (topicId !== null && watermark.topicId !== null && topicId !== watermark.topicId) {
    return { kind: 'recreated', to: { offset: 0, topicId, haltedAt: null } };
  }
  if (haltedAt !== null) return { kind: 'halted', watermark };
  if (!seekIssued && (offset < firstOffset || offset > lastOffset)) return { kind: 'seek', offset };
  if (offset > endOffset) {
    return { kind: 'truncated', to: { ...watermark, haltedAt: endOffset } };
  }
  const missing = missingBefore(offset, batch);
  const next = missing?.to ?? offset;
  return { kind: 'read', position: { from: offset, next, topicId }, missing };
}

/** Whether a batch continues its partition: in the same log, whose end is not before the position. */
export function continues(position: Position, { endOffset, topicId }: FetchedBatch): boolean {
  const sameTopic = position.topicId === null || topicId === null || position.topicId === topicId;
  return sameTopic && endOffset >= position.next;
}

/**
 * What is gone between the next offset and a batch. Only offsets before the start of the log were
 * removed unread: other gaps are markers of transactions, or left by compaction.
 */
export function missingBefore(next: number, { logStart }: FetchedBatch): MissingOffsets | null {
  return logStart !== null && logStart > next ? { from: next, to: logStart } : null;
}
