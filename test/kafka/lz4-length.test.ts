import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compressFrameSync } from 'lz4-napi';
import { decompress } from '#kafka/fetch/decompress.ts';
import { TooLarge } from '#kafka/fetch/fetched-record.ts';
import { lz4Length } from '#kafka/fetch/lz4-length.ts';

const LZ4 = 3;

test('the length of a frame is never thought to be less than it is, and exact where it matters', () => {
  const part = fc.tuple(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.integer({ min: 1, max: 3000 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), fc.boolean(), (parts, checksums) => {
      const plain = Buffer.concat(
        parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => Buffer.from(bytes))),
      );
      const options = { contentChecksum: checksums, blockChecksums: checksums };
      const frame = compressFrameSync(plain, options);
      expect(lz4Length(frame, 2 ** 40)).toBeGreaterThanOrEqual(plain.length);
      expect(lz4Length(frame, plain.length)).toBeGreaterThanOrEqual(plain.length);
      expect(decompress(LZ4, frame, Math.max(plain.length, 1)).equals(plain)).toBe(true);
      if (plain.length > 1) {
        expect(() => decompress(LZ4, frame, plain.length - 1)).toThrow(TooLarge);
      }
    }),
    { numRuns: 60 },
  );
});

test('what is random is stored, and stored blocks count as they are', () => {
  const plain = randomBytes(300_000);
  const frame = compressFrameSync(plain);
  expect(decompress(LZ4, frame, plain.length).equals(plain)).toBe(true);
  expect(() => decompress(LZ4, frame, plain.length - 1)).toThrow(TooLarge);
});
