import { unzipSync, zstdDecompressSync } from 'node:zlib';
import { lz4, snappy } from '../native-codecs.ts';
import { TooLarge } from './fetched-record.ts';
import { lz4Length } from './lz4-length.ts';

/*
 * Each batch is at most some megabytes in the log, so that working on it at once costs less than
 * handing it to another thread; what it may become is bounded.
 */

type Decompress = (bytes: Buffer, limit: number) => Buffer;

/** By the number that Kafka gives a compression. */
const DECOMPRESS: Readonly<Record<number, Decompress>> = {
  0: (bytes) => bytes,
  1: (bytes, limit) => bounded(() => unzipSync(bytes, { maxOutputLength: limit })),
  2: decompressSnappy,
  3: (bytes, limit) => {
    const { decompressFrameSync } = lz4();
    if (lz4Length(bytes, limit) > limit) throw new TooLarge();
    return decompressFrameSync(bytes);
  },
  4: (bytes, limit) => bounded(() => zstdDecompressSync(bytes, { maxOutputLength: limit })),
};

/**
 * Decompresses the records of a batch.
 *
 * @param compression the number that Kafka gives it: none, gzip, Snappy, LZ4, Zstandard
 * @param limit the most that they may become, in bytes
 * @throws TooLarge when they become more, of which at most the limit was ever in memory
 * @throws MissingCodec when this machine cannot decompress them
 * @throws Error when the bytes are not what they should be
 */
export function decompress(compression: number, bytes: Buffer, limit: number): Buffer {
  const found = DECOMPRESS[compression];
  if (found === undefined) throw new Error(`compression ${compression} is not known`);
  return found(bytes, limit);
}

function bounded(work: () => Buffer): Buffer {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new TooLarge();
    throw error;
  }
}

/** The Java clients put raw Snappy blocks into a frame of their own: magic, version, then blocks. */
export const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
export const XERIAL_HEADER_BYTES = 16;

/** Reads Snappy as Java's clients frame it, and unframed as others send it. */
function decompressSnappy(bytes: Buffer, limit: number): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) {
    if (snappyLength(bytes) > limit) throw new TooLarge();
    return plain(bytes);
  }
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    if (length < 0) throw new RangeError('a Snappy block has a negative length');
    const block = bytes.subarray(at + 4, at + 4 + length);
    total += snappyLength(block);
    if (total > limit) throw new TooLarge();
    blocks.push(plain(block));
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

/** A block starts with its decompressed length, and the library allocates that much. */
function snappyLength(block: Buffer): number {
  let length = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = block.readUInt8(at);
    length += (byte & 0x7f) * 128 ** at;
    if (byte < 0x80) return length;
  }
  throw new RangeError('the length of a Snappy block is too long');
}

function plain(block: Buffer): Buffer {
  return Buffer.from(snappy().uncompressSync(block, { asBuffer: true }));
}

/** The most that the records of a batch may cost in memory unless told otherwise, in bytes. */
let processLimit = 64 * 1024 * 1024;

/** Bounds what records may cost in memory, for all clients of this process: kafkajs has one codec each. */
export function limitDecompression(bytes: number): void {
  processLimit = bytes;
}

export function decompressionLimit(): number {
  return processLimit;
}
