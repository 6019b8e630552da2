import { createRequire } from 'node:module';
import type { Headers, WireHeader } from '#kafka/headers.ts';
import '#kafka/client.ts'; // corrects how kafkajs reads headers

const require = createRequire(import.meta.url);

interface Encoder {
  readonly buffer: Buffer;
  writeInt8(value: number): Encoder;
  writeVarLong(value: number): Encoder;
  writeVarInt(value: number): Encoder;
  writeVarIntBytes(value: Buffer | null): Encoder;
  writeVarIntString(value: string): Encoder;
  writeVarIntArray(items: readonly Encoder[]): Encoder;
}

const encoder = require('kafkajs/src/protocol/encoder') as new () => Encoder;
const decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
const decodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0/decoder') as (
  decoder: object,
  batch: object,
) => { readonly headers: Headers };

/** Headers as our consumer gets them when a broker sends these, through kafkajs's own decoder. */
export function overTheWire(headers: readonly WireHeader[]): Headers {
  const written = headers.map(({ key, value }) =>
    new encoder().writeVarIntString(key).writeVarIntBytes(value),
  );
  const record = new encoder()
    .writeInt8(0)
    .writeVarLong(0)
    .writeVarInt(0)
    .writeVarIntBytes(null)
    .writeVarIntBytes(null)
    .writeVarIntArray(written);
  const batch = { firstOffset: '0', firstTimestamp: '0', maxTimestamp: '0' };
  return decodeRecord(new decoder(record.buffer), batch).headers;
}
