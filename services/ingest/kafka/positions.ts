import type { Watermark } from '#store/intake/watermarks.ts';

/** How far one partition has been read. */
export interface Position {
  /** Where the watermark stands once everything before is taken; null when there is none yet. */
  from: number | null;
  /** The next offset to be read. */
  next: number;
  /** The topic that is read; null where the brokers do not tell. */
  readonly topicId: string | null;
}

/** Where a batch that was fetched lies in its partition. */
export interface FetchedBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** The offset after the newest message of the partition. */
  readonly endOffset: number;
  /** The oldest offset that the log still had; null where the brokers do not tell. */
  readonly logStart: number | null;
  /** The topic as it was known after the batch had been fetched. */
  readonly topicId: string | null;
}

/** Offsets that were due and are gone from Kafka: from the first up to, not including, the last. */
export interface MissingOffsets {
  readonly from: number;
  readonly to: number;
}

/** What to do with a batch that was fetched, given the watermark in Redis. */
export type BatchStart =
  | { readonly kind: 'read'; readonly position: Position; readonly missing: MissingOffsets | null }
  | { readonly kind: 'seek'; readonly offset: number }
  /** Another topic stands under the name: nothing of it was taken. */
  | { readonly kind: 'recreated'; readonly to: Watermark }
  /**
   * The log of the same topic ends before what was taken of it, or nobody knows whether it is the
   * same: what came after its end is gone, and new messages have the offsets of old ones.
   */
  | { readonly kind: 'truncated'; readonly to: Watermark }
  /** It was found to be so before, and no person has decided yet. */
  | { readonly kind: 'halted'; readonly watermark: Watermark };

/**
 * The watermark decides what is read, whatever Kafka thinks was committed: it moved together with
 * what was taken. Behind the batch, Redis has gone back and the batch must wait; ahead of it, the
 * messages before it were taken already.
 *
 * @param seekIssued true when this partition was sent to its watermark already: where Kafka answers with
 *   something else then, it has nothing there. An end alone proves nothing, because a new leader
 *   learns late where it is
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

/** Whether a batch goes on where its partition has been read to: in the same log, not before. */
export function goesOn(position: Position, { endOffset, topicId }: FetchedBatch): boolean {
  const sameTopic = position.topicId === null || topicId === null || position.topicId === topicId;
  return sameTopic && endOffset >= position.next;
}

/**
 * What is gone between the next offset and a batch. Only what lies before the start of the log was
 * removed unread: in other gaps are marks of transactions, or what compaction has removed.
 */
export function missingBefore(next: number, { logStart }: FetchedBatch): MissingOffsets | null {
  return logStart !== null && logStart > next ? { from: next, to: logStart } : null;
}
