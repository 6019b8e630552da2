import { createRequire } from 'node:module';
import { type FetchedRecord, gapRecord, TooLarge } from './fetched-record.ts';

type DecodeMessageSet = (decoder: object, bytes: number) => Promise<FetchedRecord[]>;

const require = createRequire(import.meta.url);

/**
 * The messages of an entry in one of the formats before Kafka 0.11, which old segments may still
 * hold. They know no transactions, so that kafkajs reads them.
 */
export async function readLegacyEntry(entry: Buffer, limit: number): Promise<FetchedRecord[]> {
  const decode = require('kafkajs/src/protocol/messageSet/decoder') as DecodeMessageSet;
  const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
  try {
    return await decode(new Decoder(entry), entry.length);
  } catch (error) {
    const tooLarge = error instanceof TooLarge;
    const offset = Number(entry.readBigInt64BE(0));
    const message = tooLarge
      ? `the message set that ends at offset ${offset} is larger than ${limit} bytes once it is decompressed: see ingest.maxDecompressedBytes`
      : `the message set that ends at offset ${offset} cannot be decompressed or read`;
    const kind = tooLarge ? 'too_large' : 'unreadable';
    const fault = { kind, message, records: 1, bytes: Buffer.from(entry) } as const;
    return [gapRecord(offset, 0, { firstOffset: offset, fault })];
  }
}
