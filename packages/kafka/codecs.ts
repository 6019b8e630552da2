import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import {
  decompress,
  decompressionLimit,
  XERIAL_HEADER_BYTES,
  XERIAL_MAGIC,
} from './fetch/decompress.ts';
import { lz4, snappy } from './native-codecs.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** Writes Snappy in the Java clients' frame, which every client reads. */
export function encodeSnappy(bytes: Buffer): Buffer {
  const block = snappy().compressSync(bytes);
  const header = Buffer.alloc(XERIAL_HEADER_BYTES + 4);
  XERIAL_MAGIC.copy(header);
  header.writeInt32BE(1, 8);
  header.writeInt32BE(1, 12);
  header.writeInt32BE(block.length, XERIAL_HEADER_BYTES);
  return Buffer.concat([header, block]);
}

const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

interface Encoder {
  readonly buffer: Buffer;
}

/**
 * Teaches kafkajs all codecs that producers use, each with a bound on what it decompresses: kafkajs
 * itself brings gzip alone, without one.
 */
export function registerCodecs(): void {
  const codecs: Record<number, () => unknown> = CompressionCodecs;
  const register = (type: number, compress: (bytes: Buffer) => Buffer): void => {
    codecs[type] = () => ({
      compress: async ({ buffer }: Encoder) => compress(buffer),
      decompress: async (bytes: Buffer) => decompress(type, bytes, decompressionLimit()),
    });
  };
  register(CompressionTypes.GZIP, (bytes) => gzipSync(bytes));
  register(CompressionTypes.Snappy, encodeSnappy);
  register(CompressionTypes.LZ4, (bytes) => lz4().compressFrameSync(bytes));
  register(CompressionTypes.ZSTD, (bytes) => zstdCompressSync(bytes, ZSTD));
}
