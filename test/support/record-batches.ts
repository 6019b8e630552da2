import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import type { WireHeader } from '#kafka/fetch/fetched-record.ts';

const require = createRequire(import.meta.url);

/** A batch as a broker keeps it, of format 2. */
export interface NewBatch {
  readonly firstOffset: number;
  /** One for each record; null leaves a hole, as compaction does. */
  readonly values: readonly (string | Buffer | null)[];
  readonly headers?: readonly WireHeader[];
  readonly producerId?: number;
  readonly transactional?: boolean;
  /** Makes it the end of a transaction. */
  readonly marker?: 'abort' | 'commit';
  readonly gzip?: boolean;
  /** Replaces what is compressed, so that it cannot be decompressed. */
  readonly body?: Buffer;
  /** What the header says, where that is not true. */
  readonly records?: number;
}

const TIME = 1_764_000_000_000n;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function sized(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

function record(delta: number, key: Buffer | null, value: Buffer | null, batch: NewBatch): Buffer {
  const { headers = [] } = batch;
  const written = headers.flatMap(({ key: name, value: bytes }) => [
    sized(Buffer.from(name)),
    sized(bytes),
  ]);
  const head = [Buffer.from([0]), varint(delta), varint(delta), sized(key), sized(value)];
  return sized(Buffer.concat([...head, varint(headers.length), ...written]));
}

/** The bytes of a batch. */
export function writeBatch(batch: NewBatch): Buffer {
  const { firstOffset, values, marker, producerId = -1 } = batch;
  const type = Buffer.from([0, 0, 0, marker === 'commit' ? 1 : 0]);
  const key = marker === undefined ? null : type;
  const records = values.flatMap((value, delta) =>
    value === null ? [] : [record(delta, key, Buffer.from(value as string), batch)],
  );
  const plain = Buffer.concat(records);
  const body = batch.body ?? (batch.gzip ? gzipSync(plain) : plain);
  const transactional = batch.transactional === true || marker !== undefined;
  const attributes =
    (batch.gzip ? 1 : 0) | (transactional ? 0x10 : 0) | (marker === undefined ? 0 : 0x20);
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(BigInt(firstOffset), 0);
  head.writeInt32BE(head.length - 12 + body.length, 8);
  head.writeInt8(2, 16);
  head.writeInt16BE(attributes, 21);
  head.writeInt32BE(values.length - 1, 23);
  head.writeBigInt64BE(TIME, 27);
  head.writeBigInt64BE(TIME, 35);
  head.writeBigInt64BE(BigInt(producerId), 43);
  head.writeInt32BE(batch.records ?? records.length, 57);
  return Buffer.concat([head, body]);
}

/** A message in the format of Kafka 0.10; `gzip` says that its value is a compressed message set. */
export function writeLegacyMessage(offset: number, value: string | Buffer, gzip = false): Buffer {
  const write = require('kafkajs/src/protocol/messageSet') as (set: object) => { buffer: Buffer };
  const entry = { key: null, value, timestamp: Number(TIME), compression: gzip ? 1 : 0 };
  const bytes = Buffer.from(write({ messageVersion: 1, entries: [entry] }).buffer);
  bytes.writeBigInt64BE(BigInt(offset), 0);
  return bytes;
}
