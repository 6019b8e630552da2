import { createRequire } from 'node:module';
import { ByteReader } from './byte-reader.ts';
import { decompressionLimit } from './decompress.ts';
import type { FetchedRecord } from './fetched-record.ts';
import { type Budget, readPartition } from './read-records.ts';

interface FetchApi {
  protocol(which: { readonly version: number }): (payload: object) => { readonly response: object };
}

const require = createRequire(import.meta.url);

/**
 * Decodes fetch responses instead of kafkajs 2.2.4, which delivers records of aborted transactions,
 * decompresses without a limit, stops the consumer for good on a batch that it cannot read, and confuses
 * a header's name with a property that every object inherits.
 */
export function installFetchReader(): void {
  const { requests } = require('kafkajs/src/protocol/requests') as {
    requests: { Fetch: FetchApi };
  };
  const { Fetch } = requests;
  const original = Fetch.protocol;
  Fetch.protocol = ({ version }) => {
    const create = original({ version });
    if (version < FETCH_VERSIONS.first || version > FETCH_VERSIONS.last) return create;
    return (payload) => {
      const { response, ...rest } = create(payload);
      const decode = async (bytes: Buffer) => {
        const answer = await readFetchResponse(bytes, version, decompressionLimit());
        noteEnds(answer);
        return answer;
      };
      return { ...rest, response: { ...response, decode } };
    };
  };
}

/*
 * High watermarks of partitions, which include what cannot be read yet because a transaction is open.
 * Only a fetch response tells them, and kafkajs passes no response without messages to a consumer.
 */
const known = new Map<string, number>();

function noteEnds({ responses }: FetchResponse): void {
  for (const { topicName, partitions } of responses) {
    for (const { partition, errorCode, highWatermark } of partitions) {
      if (errorCode === 0) known.set(`${topicName}/${partition}`, Number(highWatermark));
    }
  }
}

/** The offset after the newest message as of the last fetch; null when none has been. */
export function highWatermarkOf(topic: string, partition: number): number | null {
  return known.get(`${topic}/${partition}`) ?? null;
}

/** An answer to a Fetch request in kafkajs's shape. */
type FetchResponse = Awaited<ReturnType<typeof readFetchResponse>>;

/** The versions that have transactions in them and that kafkajs can ask for. */
const FETCH_VERSIONS = { first: 4, last: 11 } as const;

/**
 * Reads an answer of versions 4 to 11. Source: kafka.apache.org/protocol, "Fetch API (Key: 1)".
 *
 * @param limit the most that the records of a batch may cost in memory, in bytes; all of an answer
 *   cost at most twice as much. What does not fit is left out, to be fetched again: kafkajs asks for
 *   the partitions in an order that changes, so that none is left out for ever
 */
async function readFetchResponse(bytes: Buffer, version: number, limit: number) {
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
