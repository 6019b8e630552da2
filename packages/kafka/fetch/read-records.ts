import { createRequire } from 'node:module';
import { MissingCodec } from '../native-codecs.ts';
import { type BatchFault, type FetchedRecord, gapRecord, TooLarge } from './fetched-record.ts';
import { isAbortMarker, type RecordBatch, readBatch, readRecords } from './record-batch.ts';

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
 * @throws MissingCodec for a batch that another machine can read: it must not be passed over
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
  const { firstOffset, lastOffset, firstTimestamp, records } = batch.header;
  try {
    const read = readRecords(batch, budget.limit);
    budget.spent += read.cost;
    return read.records;
  } catch (error) {
    if (error instanceof MissingCodec) throw error;
    // Decompressing it as far as the limit took as much memory.
    budget.spent += error instanceof TooLarge ? budget.limit : entry.length;
    const which = `the record batch of offsets ${firstOffset} to ${lastOffset}`;
    const fault = faultOf(error, which, entry, { records, limit: budget.limit });
    return [gapRecord(lastOffset, firstTimestamp, { firstOffset, fault })];
  }
}

/** @param which names the entry */
function faultOf(
  error: unknown,
  which: string,
  entry: Buffer,
  { records, limit }: { readonly records: number; readonly limit: number },
): BatchFault {
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

/** A transaction that was given up, as the broker lists it beside what was fetched. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/**
 * Tells which batches belong to transactions that were given up. The broker lists them in no order
 * to rely on, and those of several producers may overlap.
 * Source: Kafka's own consumer, `CompletedFetch.nextFetchedRecord`.
 */
class AbortedFilter {
  private readonly ahead: AbortedTransaction[];
  private readonly aborted = new Set<bigint>();

  constructor(transactions: readonly AbortedTransaction[]) {
    this.ahead = transactions.toSorted((a, b) => b.firstOffset - a.firstOffset);
  }

  /** Whether a batch holds no message for us; to be asked of each, in the order of their offsets. */
  hides(batch: RecordBatch): boolean {
    const { lastOffset, producerId, control, transactional } = batch.header;
    for (let next = this.ahead.at(-1); next !== undefined; next = this.ahead.at(-1)) {
      if (next.firstOffset > lastOffset) break;
      this.aborted.add(next.producerId);
      this.ahead.pop();
    }
    if (control) {
      if (this.aborted.has(producerId) && isAbortMarker(batch)) this.aborted.delete(producerId);
      return true;
    }
    return transactional && this.aborted.has(producerId);
  }
}

type DecodeMessageSet = (decoder: object, bytes: number) => Promise<FetchedRecord[]>;

const require = createRequire(import.meta.url);

/**
 * The messages of an entry in one of the formats before Kafka 0.11, which old segments may still
 * hold. They know no transactions, so that kafkajs reads them.
 */
async function readLegacyEntry(entry: Buffer, limit: number): Promise<FetchedRecord[]> {
  const decode = require('kafkajs/src/protocol/messageSet/decoder') as DecodeMessageSet;
  const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
  try {
    return await decode(new Decoder(entry), entry.length);
  } catch (error) {
    if (error instanceof MissingCodec) throw error;
    const offset = Number(entry.readBigInt64BE(0));
    const which = `the message set that ends at offset ${offset}`;
    const fault = faultOf(error, which, entry, { records: 1, limit });
    return [gapRecord(offset, 0, { firstOffset: offset, fault })];
  }
}
