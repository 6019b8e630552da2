/** How far one partition has been read. */
export interface Position {
  /** Where the watermark stands once everything before is taken; null when there is none yet. */
  from: number | null;
  /** The next offset to be read. */
  next: number;
}

/** Where a batch that was fetched lies in its partition. */
export interface Fetched {
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** The offset after the newest message of the partition. */
  readonly endOffset: number;
}

/** What to do with a batch that was fetched, given the watermark in Redis. */
export type Approach =
  | { readonly kind: 'read'; readonly position: Position }
  | { readonly kind: 'seek'; readonly offset: number; readonly position: Position }
  /**
   * The watermark lies beyond the end of the log, and Kafka has nothing there: the topic was made
   * anew, or cut. An end alone proves nothing, because a new leader learns late where it is.
   */
  | { readonly kind: 'restart'; readonly position: Position };

/**
 * The watermark decides what is read, whatever Kafka thinks was committed: it moved together with
 * what was taken. Behind the batch, Redis has gone back and the batch must wait; ahead of it, the
 * messages before it were taken already.
 *
 * @param sought true when this partition was sent to its watermark already: what is not there then
 *   is gone from Kafka
 */
export function approach(watermark: number | null, batch: Fetched, sought: boolean): Approach {
  if (watermark === null) {
    return { kind: 'read', position: { from: null, next: batch.firstOffset } };
  }
  const position = { from: watermark, next: watermark };
  if (!sought && (watermark < batch.firstOffset || watermark > batch.lastOffset)) {
    return { kind: 'seek', offset: watermark, position };
  }
  if (watermark > batch.endOffset) {
    return { kind: 'restart', position: { from: watermark, next: batch.firstOffset } };
  }
  return { kind: 'read', position };
}
