import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KafkaClient } from '#kafka/client.ts';
import { readPartition } from '#kafka/fetch/read-records.ts';
import { MissingCodec } from '#kafka/native-codecs.ts';
import { createBatchProducer } from '#kafka/producer.ts';
import { writeBatch } from '#test/support/record-batches.ts';

/** Where both modules look for their native part, instead of what npm installed. */
const NATIVE_PART = 'NAPI_RS_NATIVE_LIBRARY_PATH';
const before = process.env[NATIVE_PART];

beforeAll(() => {
  process.env[NATIVE_PART] = '/nowhere/at-all.node';
});
afterAll(() => {
  if (before === undefined) delete process.env[NATIVE_PART];
  else process.env[NATIVE_PART] = before;
});

/** A batch that says that it is compressed like this: a Snappy block of four letters, or no LZ4. */
function batchOf(firstOffset: number, compression: number): Buffer {
  const bytes = writeBatch({ firstOffset, values: ['a'], body: Buffer.from('\u0004\u000cabcd') });
  bytes.writeInt16BE(compression, 21);
  return bytes;
}

const CODECS = [
  ['snappy', 'Snappy', 2],
  ['lz4', 'LZ4', 3],
] as const;

test.each(CODECS)(
  'a batch in %s is not passed over where its codec is missing',
  async (_, codec, type) => {
    const bytes = Buffer.concat([
      writeBatch({ firstOffset: 0, values: ['gzip'], gzip: true }),
      batchOf(1, type),
    ]);
    const read = readPartition(bytes, [], { limit: 1_000_000, spent: 0 });
    await expect(read).rejects.toThrow(MissingCodec);
    await expect(read).rejects.toThrow(`the codec ${codec} is not available`);
    await expect(read).rejects.toThrow(/npm install --include=optional, or let producers/);
  },
);

test.each(CODECS)(
  'nothing is sent in %s where its codec is missing',
  async (compression, _codec, _type) => {
    const asked: string[] = [];
    const client = { producer: () => asked.push('producer') } as unknown as KafkaClient;
    const producer = createBatchProducer(client, { topic: 't', compression });
    await expect(producer).rejects.toThrow(MissingCodec);
    expect(asked).toEqual([]);
  },
);

test('what needs no native module is read', async () => {
  const bytes = writeBatch({ firstOffset: 0, values: ['a', 'b'], gzip: true });
  const records = await readPartition(bytes, [], { limit: 1_000_000, spent: 0 });
  expect(records.map(({ value }) => String(value))).toEqual(['a', 'b']);
});
