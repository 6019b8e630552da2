import { AbortedFilter, type AbortedTransaction } from './aborted.ts';
import { type BatchFault, type FetchedRecord, gapRecord, TooLarge } from './fetched-record.ts';
import { readLegacyEntry } from './legacy.ts';
import { type RecordBatch, readBatch, readRecords } from './record-batch.ts';

/** What the records of one answer may still cost in memory; shared by its partitions. */
export interface Budget {
  /** The most that one batch may cost, and about the most that all may cost together, in bytes. */
  readonly limit: number;
  spent: number;
}

/** Offset and length of what follows. */
const ENTRY_HEADER_BYTES = 12;
/** Where the format stands in an entry of any format. */
const FORMAT_AT = 16;
const FORMAT_2 = 2;

/**
 * The records that a broker sent of one partition, with gaps where there is nothing to be read.
 * A transaction that was given up leaves a gap, and so does a batch that cannot be read.
 *
 * What the budget does not allow is left out from the end: the consumer fetches it again.
 */
export async function readPartition(
  bytes: Buffer,
  aborted: readonly AbortedTransaction[],
  budget: Budget,
): Promise<FetchedRecord[]> {
  const filter = new AbortedFilter(aborted);
  const found: FetchedRecord[] = [];
  for (const entry of entriesOf(bytes)) {
    if (budget.spent >= budget.limit) break;
    if (entry.readInt8(FORMAT_AT) < FORMAT_2) {
      append(found, await readLegacyEntry(entry, budget.limit));
      budget.spent += entry.length;
      continue;
    }
    const batch = readBatch(entry);
    const { firstOffset, lastOffset, firstTimestamp } = batch.header;
    const records = filter.hides(batch) ? [] : readOrFault(batch, entry, budget);
    append(found, records);
    // Compaction removes records, and their batch keeps its last offset.
    if (Number(found.at(-1)?.offset ?? -1) >= lastOffset) continue;
    const from = records.length === 0 ? firstOffset : Number(records.at(-1)?.offset) + 1;
    found.push(gapRecord(lastOffset, firstTimestamp, { firstOffset: from, fault: null }));
  }
  return found;
}

/** The batches, or messages of older formats; the last one may be cut off, and then it is left out. */
function* entriesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at + FORMAT_AT < bytes.length; ) {
    const end = at + ENTRY_HEADER_BYTES + bytes.readInt32BE(at + 8);
    if (end > bytes.length || end <= at + FORMAT_AT) return;
    yield bytes.subarray(at, end);
    at = end;
  }
}

function readOrFault(batch: RecordBatch, entry: Buffer, budget: Budget): FetchedRecord[] {
  const { firstOffset, lastOffset, firstTimestamp } = batch.header;
  try {
    const { records, cost } = readRecords(batch, budget.limit);
    budget.spent += cost;
    return records;
  } catch (error) {
    // Decompressing it as far as the limit took as much memory.
    budget.spent += error instanceof TooLarge ? budget.limit : entry.length;
    const fault = faultOf(error as Error, batch, entry, budget.limit);
    return [gapRecord(lastOffset, firstTimestamp, { firstOffset, fault })];
  }
}

function faultOf(error: Error, { header }: RecordBatch, entry: Buffer, limit: number): BatchFault {
  const { records, firstOffset, lastOffset } = header;
  const which = `the record batch of offsets ${firstOffset} to ${lastOffset}`;
  // The producer may have written them anywhere else, so that they are kept apart from our memory.
  const bytes = Buffer.from(entry);
  if (error instanceof TooLarge) {
    const message = `${which} is larger than ${limit} bytes once it is decompressed: see ingest.maxDecompressedBytes`;
    return { kind: 'too_large', message, records, bytes };
  }
  const message = `${which} cannot be decompressed or read`;
  return { kind: 'unreadable', message, records, bytes };
}

/** Not with a spread, whose number of arguments is limited. */
function append(to: FetchedRecord[], records: readonly FetchedRecord[]): void {
  for (const record of records) to.push(record);
}
