import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Sealer } from '../sealing.ts';
import { openPageContents, sealPageContents } from './dead-letter-seal.ts';

/*
 * The contents of a page, compressed as a whole and then sealed:
 *
 *   [lengths]\n
 *   contents, one after the other
 */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
const MAX_OPENED_BYTES = 256 * 1024 * 1024;
const LINE_FEED = 0x0a;

export function sealContents(sealer: Sealer, page: string, contents: readonly Buffer[]): Buffer {
  const lengths = JSON.stringify(contents.map(({ length }) => length));
  const plain = Buffer.concat([Buffer.from(`${lengths}\n`, 'latin1'), ...contents]);
  return sealPageContents(sealer, page, zstdCompressSync(plain, ZSTD));
}

/** @throws SealError */
export function openContents(sealer: Sealer, page: string, sealed: Buffer): Buffer[] {
  const plain = zstdDecompressSync(openPageContents(sealer, page, sealed), {
    maxOutputLength: MAX_OPENED_BYTES,
  });
  let at = plain.indexOf(LINE_FEED) + 1;
  const lengths = JSON.parse(plain.toString('latin1', 0, at)) as number[];
  return lengths.map((length) => {
    at += length;
    return plain.subarray(at - length, at);
  });
}
