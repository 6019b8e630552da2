import { ByteReader } from './byte-reader.ts';
import type { FetchedRecord } from './fetched-record.ts';
import { type Budget, readPartition } from './read-records.ts';

/** An answer to a Fetch request in kafkajs's shape. */
export type FetchResponse = Awaited<ReturnType<typeof readFetchResponse>>;

/** The versions that have transactions in them and that kafkajs can ask for. */
export const FETCH_VERSIONS = { first: 4, last: 11 } as const;

/**
 * Reads an answer of versions 4 to 11. Source: kafka.apache.org/protocol, "Fetch API (Key: 1)".
 *
 * @param limit the most that the records of a batch may cost in memory, in bytes; all of an answer
 *   cost at most twice as much. What does not fit is left out, to be fetched again: kafkajs asks for
 *   the partitions in an order that changes, so that none is left out for ever
 */
export async function readFetchResponse(bytes: Buffer, version: number, limit: number) {
  const reader = new ByteReader(bytes);
  const throttle = reader.int32();
  const errorCode = version >= 7 ? reader.int16() : 0;
  if (version >= 7) reader.int32();
  const raw: ReturnType<typeof readRawPartition>[] = [];
  const responses = reader.array(() => ({
    topicName: reader.string(),
    partitions: reader.array(() => {
      const partition = readRawPartition(reader, version);
      raw.push(partition);
      return partition.fetched;
    }),
  }));
  const budget: Budget = { limit, spent: 0 };
  for (const { fetched, aborted, records, logStartOffset } of raw) {
    fetched.messages = Object.assign(await readPartition(records, aborted, budget), {
      logStartOffset,
    });
  }
  // From version 8 on the broker has not waited itself: it asks the client to.
  const [throttleTime, clientSideThrottleTime] = version >= 8 ? [0, throttle] : [throttle, 0];
  return { throttleTime, clientSideThrottleTime, errorCode, responses };
}

function readRawPartition(reader: ByteReader, version: number) {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = String(reader.int64());
  const lastStableOffset = String(reader.int64());
  const logStartOffset = version >= 5 ? reader.int64() : -1;
  const aborted = reader.array(() => ({
    producerId: reader.int64Exact(),
    firstOffset: reader.int64(),
  }));
  const preferredReadReplica = version >= 11 ? reader.int32() : -1;
  const records = reader.slice(Math.max(reader.int32(), 0));
  const fetched = {
    partition,
    errorCode,
    highWatermark,
    lastStableOffset,
    // What kafkajs would look up in it is done.
    abortedTransactions: [],
    preferredReadReplica,
    // kafkajs hands on nothing else of a partition, so that where its log starts travels with it.
    messages: [] as FetchedRecord[] & { logStartOffset?: number },
  };
  return { fetched, aborted, records, logStartOffset };
}
