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

/** Why ingest makes a dead letter of a batch that cannot be read, instead of its messages. */
export function batchRefusal({ kind, message, records }: BatchFault) {
  const reason = kind === 'too_large' ? ('too_large' as const) : ('invalid_event' as const);
  return { reason, message: `${message}; by its header it holds ${records} messages` };
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

/** Records would need more memory than is allowed. */
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

/** A header as the wire has it; a name may come several times. */
export interface WireHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** Headers by their name; one that came several times is a list. It inherits nothing. */
export type Headers = Record<string, Buffer | null | (Buffer | null)[]>;

/** Gathers headers by name in one pass, whatever they are called and however many there are. */
export function gatherHeaders(headers: readonly WireHeader[]): Headers {
  const found = Object.create(null) as Headers;
  for (const { key, value } of headers) {
    const known = found[key];
    if (known === undefined) found[key] = value;
    else if (Array.isArray(known)) known.push(value);
    else found[key] = [known, value];
  }
  return found;
}
