import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compressSync, uncompressSync } from 'snappy';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/*
 * kafkajs brings gzip; these are the other codecs that producers use. Each batch is at most some
 * megabytes, so that working on it at once costs less than handing it to another thread.
 */

/** The Java clients put raw Snappy blocks into a frame of their own: magic, version, then blocks. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** Reads Snappy as Java's clients frame it, and unframed as others send it. */
export function decodeSnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return plain(bytes);
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    blocks.push(plain(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

/** Writes Snappy in the Java clients' frame, which every client reads. */
export function encodeSnappy(bytes: Buffer): Buffer {
  const block = compressSync(bytes);
  const header = Buffer.alloc(XERIAL_HEADER_BYTES + 4);
  XERIAL_MAGIC.copy(header);
  header.writeInt32BE(1, 8);
  header.writeInt32BE(1, 12);
  header.writeInt32BE(block.length, XERIAL_HEADER_BYTES);
  return Buffer.concat([header, block]);
}

function plain(block: Buffer): Buffer {
  return Buffer.from(uncompressSync(block, { asBuffer: true }));
}

const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

interface Encoder {
  readonly buffer: Buffer;
}

/** Teaches kafkajs Snappy, LZ4 and Zstandard. */
export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async ({ buffer }: Encoder) => encodeSnappy(buffer),
    decompress: async (bytes: Buffer) => decodeSnappy(bytes),
  });
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async ({ buffer }: Encoder) => compressFrameSync(buffer),
    decompress: async (bytes: Buffer) => decompressFrameSync(bytes),
  });
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: Encoder) => zstdCompressSync(buffer, ZSTD),
    decompress: async (bytes: Buffer) => zstdDecompressSync(bytes),
  });
}
