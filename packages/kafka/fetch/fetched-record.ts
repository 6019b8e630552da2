import type { Headers } from '../headers.ts';

/** Why a batch of records cannot be read. */
export interface BatchFault {
  readonly kind: 'too_large' | 'unreadable';
  /** What is wrong, for a person to read; nothing of the records is in it. */
  readonly message: string;
  /** As many records as the batch says it holds. */
  readonly records: number;
  /** The batch as it is in the log. */
  readonly bytes: Buffer;
}

/**
 * Offsets at which there is no message for a reader: the mark that ends a transaction, records of a
 * transaction that was given up, what compaction has removed, or a batch that cannot be read.
 */
export interface Gap {
  readonly firstOffset: number;
  /** What kept a batch from being read; null where there is nothing to be read. */
  readonly fault: BatchFault | null;
}

/** A record in the shape that kafkajs hands to a consumer. One with a gap ends it with its offset. */
export interface FetchedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Headers>;
  readonly attributes: number;
  /** Unix ms. */
  readonly timestamp: string;
  readonly offset: string;
  /** kafkajs would keep it from the consumer, which has to know how far it has come. */
  readonly isControlRecord: false;
  readonly gap?: Gap;
}

/** Records would take more memory than they may. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/** Stands for the offsets of a gap, up to its last. */
export function gapRecord(lastOffset: number, timestamp: number, gap: Gap): FetchedRecord {
  return {
    key: null,
    value: null,
    headers: {},
    attributes: 0,
    timestamp: String(timestamp),
    offset: String(lastOffset),
    isControlRecord: false,
    gap,
  };
}
