/*
 * Source: the LZ4 frame and block formats, github.com/lz4/lz4/tree/dev/doc. The library that
 * decompresses knows no bound, and the length that a frame may announce proves nothing.
 */

const MAGIC = 0x184d2204;
const BLOCK_CHECKSUMS = 0x10;
const CONTENT_SIZE = 0x08;
const DICTIONARY = 0x01;
/** A block that is not compressed has the highest bit of its length set. */
const STORED = 0x80000000;

/**
 * How long what an LZ4 frame holds may become, in bytes: an upper bound where that is within the
 * limit, else the exact length, but no further than the limit is exceeded.
 *
 * @throws Error where the bytes are no LZ4 frame
 */
export function lz4Length(bytes: Buffer, limit: number): number {
  const blocks = blocksOf(bytes);
  const most = blocks.reduce((sum, { most }) => sum + most, 0);
  if (most <= limit) return most;
  let length = 0;
  for (const { stored, data } of blocks) {
    length += stored ? data.length : blockLength(data);
    if (length > limit) return length;
  }
  return length;
}

interface Block {
  readonly stored: boolean;
  readonly data: Buffer;
  /** The most that it may become. */
  readonly most: number;
}

/** The blocks of all frames that follow each other. */
function blocksOf(bytes: Buffer): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.readUInt32LE(at) !== MAGIC) throw new Error('this is no LZ4 frame');
    const flags = bytes.readUInt8(at + 4);
    // 4 to 7 stand for 64 KiB, 256 KiB, 1 MiB and 4 MiB.
    const most = 2 ** (8 + 2 * ((bytes.readUInt8(at + 5) >> 4) & 0x07));
    const checksum = (flags & BLOCK_CHECKSUMS) === 0 ? 0 : 4;
    at += 7 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8) + ((flags & DICTIONARY) === 0 ? 0 : 4);
    for (;;) {
      const size = bytes.readUInt32LE(at);
      at += 4;
      if (size === 0) break;
      const stored = size >= STORED;
      const length = stored ? size - STORED : size;
      blocks.push({ stored, data: bytes.subarray(at, at + length), most });
      at += length + checksum;
    }
    if ((flags & 0x04) !== 0) at += 4;
  }
  return blocks;
}

/** Adds up the literals and matches of a block without writing them. */
function blockLength(block: Buffer): number {
  let total = 0;
  let at = 0;
  const extended = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (;;) {
      const byte = block.readUInt8(at);
      at += 1;
      length += byte;
      if (byte !== 255) return length;
    }
  };
  while (at < block.length) {
    const token = block.readUInt8(at);
    at += 1;
    const literals = extended(token >> 4);
    total += literals;
    at += literals;
    // The last sequence has literals alone.
    if (at >= block.length) break;
    at += 2;
    total += extended(token & 0x0f) + 4;
  }
  return total;
}
