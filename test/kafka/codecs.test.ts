import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { compressSync } from 'snappy';
import { encodeSnappy, registerCodecs } from '#kafka/codecs.ts';
import { decompress } from '#kafka/fetch/decompress.ts';

registerCodecs();

const { CompressionCodecs, CompressionTypes } = kafkajs;
const decodeSnappy = (bytes: Buffer): Buffer => decompress(CompressionTypes.Snappy, bytes, 2 ** 26);
const TEXT = Buffer.from('Track events repeat themselves. '.repeat(10_000));

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

describe.each([
  ['snappy', CompressionTypes.Snappy],
  ['lz4', CompressionTypes.LZ4],
  ['zstd', CompressionTypes.ZSTD],
])('%s', (_, type) => {
  const codec = (CompressionCodecs as unknown as Record<number, () => Codec>)[type]?.() as Codec;

  test('makes repetitive text smaller', async () => {
    expect((await codec.compress({ buffer: TEXT })).length).toBeLessThan(TEXT.length / 10);
  });

  test('gives back what it was given', async () => {
    const bytes = fc.uint8Array({ maxLength: 100_000 });
    await fc.assert(
      fc.asyncProperty(bytes, async (array) => {
        const buffer = Buffer.from(array);
        const read = await codec.decompress(await codec.compress({ buffer }));
        expect(read.equals(buffer)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('refuses what is not its own', async () => {
    await expect(codec.decompress(Buffer.from('not compressed at all'))).rejects.toThrow();
  });
});

describe("the Java clients' frame of Snappy", () => {
  test('begins with its magic, its version and the version that can read it', () => {
    const header = encodeSnappy(TEXT).subarray(0, 16).toString('hex');
    expect(header).toBe('82534e4150505900' + '00000001' + '00000001');
  });

  test('may hold many blocks, as Java writes one for every 32 KiB', () => {
    const blocks = [TEXT.subarray(0, 32_768), TEXT.subarray(32_768)].map((part) => {
      const block = compressSync(part);
      const length = Buffer.alloc(4);
      length.writeInt32BE(block.length);
      return Buffer.concat([length, block]);
    });
    const framed = Buffer.concat([encodeSnappy(TEXT).subarray(0, 16), ...blocks]);
    expect(decodeSnappy(framed).equals(TEXT)).toBe(true);
  });

  test('may be missing, as some producers send the bare block', () => {
    expect(decodeSnappy(compressSync(TEXT)).equals(TEXT)).toBe(true);
  });

  test('may be empty', () => {
    expect(decodeSnappy(encodeSnappy(TEXT).subarray(0, 16))).toHaveLength(0);
  });

  test.each([
    ['ends within a length', 18],
    ['ends within a block', 40],
  ])('is refused when it %s', (_, bytes) => {
    expect(() => decodeSnappy(encodeSnappy(TEXT).subarray(0, bytes))).toThrow();
  });
});
