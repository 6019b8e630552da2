import { ByteReader } from './byte-reader.ts';
import { decompress } from './decompress.ts';
import { type FetchedRecord, gatherHeaders, TooLarge, type WireHeader } from './fetched-record.ts';

export type RecordBatch = ReturnType<typeof readBatch>;

const COMPRESSION = 0x07;
const APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** A control record's key holds its version, then its type. */
const ABORT = 0;

/**
 * What a record costs beyond its bytes once it is an object, and a header of it; rounded up from what
 * V8 takes. Without them, 64 MiB of empty records would be some 10 million objects.
 */
const RECORD_BYTES = 512;
const HEADER_BYTES = 128;

const NO_HEADERS: FetchedRecord['headers'] = Object.freeze(Object.create(null));

/**
 * Reads what a batch of format 2 says of itself before its records; the body holds those as they are in
 * the log, compressed or not. Source: kafka.apache.org/documentation/#recordbatch
 * @throws RangeError where the bytes end within it
 */
export function readBatch(bytes: Buffer) {
  const reader = new ByteReader(bytes);
  const firstOffset = reader.int64();
  // Length, leader epoch, format and checksum: the broker vouches for them.
  reader.offset += 13;
  const attributes = reader.int16();
  const lastOffset = firstOffset + reader.int32();
  const firstTimestamp = reader.int64();
  const maxTimestamp = reader.int64();
  const producerId = reader.int64Exact();
  // The producer's epoch and sequence number.
  reader.offset += 6;
  // As many as the producer says there are.
  const records = reader.int32();
  const header = {
    firstOffset,
    lastOffset,
    compression: attributes & COMPRESSION,
    transactional: (attributes & TRANSACTIONAL) !== 0,
    // What the brokers write themselves: the end of a transaction.
    control: (attributes & CONTROL) !== 0,
    producerId,
    firstTimestamp,
    // The time at which the broker took it, where the topic asks for that one; else null.
    appendTime: (attributes & APPEND_TIME) === 0 ? null : maxTimestamp,
    records,
  };
  return { header, body: bytes.subarray(reader.offset) };
}

/** True for the record with which the brokers end a transaction that was given up. */
export function isAbortMarker({ body }: RecordBatch): boolean {
  const reader = new ByteReader(body);
  reader.varint();
  reader.offset += 1;
  reader.varint();
  reader.varint();
  const key = reader.varintBytes();
  return key !== null && key.readInt16BE(2) === ABORT;
}

/**
 * The records of a batch, and what they cost in memory in bytes.
 *
 * @param limit the most that they may cost
 * @throws TooLarge when they cost more; before they were decompressed where that can be known
 * @throws Error when they cannot be decompressed or read
 */
export function readRecords(
  { header, body }: RecordBatch,
  limit: number,
): { records: FetchedRecord[]; cost: number } {
  const bytes = decompress(header.compression, body, limit);
  const reader = new ByteReader(bytes);
  const records: FetchedRecord[] = [];
  let cost = bytes.length;
  const spend = (more: number): void => {
    cost += more;
    if (cost > limit) throw new TooLarge();
  };
  for (let left = header.records; left > 0; left -= 1) {
    spend(RECORD_BYTES);
    records.push(readRecord(reader, header, spend));
  }
  return { records, cost };
}

function readRecord(
  reader: ByteReader,
  { firstOffset, firstTimestamp, appendTime }: RecordBatch['header'],
  spend: (bytes: number) => void,
): FetchedRecord {
  const end = reader.varint() + reader.offset;
  const attributes = reader.int8();
  const timestamp = firstTimestamp + reader.varint();
  const offset = firstOffset + reader.varint();
  const key = reader.varintBytes();
  const value = reader.varintBytes();
  const headers = readHeaders(reader, spend);
  if (reader.offset !== end) throw new RangeError('a record is not as long as it says');
  return {
    key,
    value,
    headers,
    attributes,
    timestamp: String(appendTime ?? timestamp),
    offset: String(offset),
    isControlRecord: false,
  };
}

function readHeaders(reader: ByteReader, spend: (bytes: number) => void): FetchedRecord['headers'] {
  let left = reader.varint();
  if (left <= 0) return NO_HEADERS;
  const headers: WireHeader[] = [];
  for (; left > 0; left -= 1) {
    spend(HEADER_BYTES);
    const key = reader.slice(reader.varint()).toString('utf8');
    headers.push({ key, value: reader.varintBytes() });
  }
  return gatherHeaders(headers);
}
