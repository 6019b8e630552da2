import type { Headers, WireHeader } from '#kafka/fetch/fetched-record.ts';
import { readBatch, readRecords } from '#kafka/fetch/record-batch.ts';
import { writeBatch } from '#test/support/record-batches.ts';

/** More than any headers of a test take. */
const LIMIT = 2 ** 30;

/** Headers as our consumer gets them when a broker sends these. */
export function overTheWire(headers: readonly WireHeader[]): Headers {
  const batch = writeBatch({ firstOffset: 0, values: [''], headers });
  const [record] = readRecords(readBatch(batch), LIMIT).records;
  if (record === undefined) throw new Error('the record is missing');
  return record.headers;
}
