import { randomBytes } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { SealError, type Sealer } from '../../sealing.ts';

/*
 * What a page of dead letters is sealed for. Its facts and its contents are sealed each, for the page
 * that they were written as: neither opens under another name, nor for the other. Which of the forms
 * a page has is told by its name, which is bound itself, so that nothing passes for the older form:
 *
 *   first form   facts in the clear; contents under version 1 of the seal
 *   today        both sealed
 */

/** Of the number behind an outline, which says how long it is. */
const LENGTH_BYTES = 4;

/** The sealed facts of a page, its outline, and how long that is. */
export function sealFacts(sealer: Sealer, page: string, facts: Buffer, outline: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(outline.length);
  return Buffer.concat([sealer.seal(facts, contextOf('facts', page)), outline, length]);
}

/** The outline of a page; empty where it has none. */
export function outlineOf(page: string, stored: Buffer): Buffer {
  return isFirstForm(page) ? Buffer.alloc(0) : split(stored).outline;
}

/** What has no outline is taken as a whole, and does not open. */
function split(stored: Buffer): { sealed: Buffer; outline: Buffer } {
  const end = stored.length - LENGTH_BYTES;
  const start = end < 0 ? -1 : end - stored.readUInt32BE(end);
  if (start < 0) return { sealed: stored, outline: Buffer.alloc(0) };
  return { sealed: stored.subarray(0, start), outline: stored.subarray(start, end) };
}

/** @throws SealError */
export function openFacts(sealer: Sealer, page: string, stored: Buffer): Buffer {
  if (!isFirstForm(page)) {
    return sealer.open(split(stored).sealed, contextOf('facts', page), null);
  }
  if (sealer.acceptsVersion1) return stored;
  throw new SealError(
    'outdated',
    'its facts were written by an older release, which did not seal them: set sealing.acceptVersion1 to read them',
  );
}

function contextOf(part: 'facts' | 'contents', page: string): string {
  return JSON.stringify(['dead letters', part, page]);
}

/*
 * The contents of a page, compressed as a whole and then sealed:
 *
 *   [lengths]\n
 *   contents, one after the other
 */
const MAX_OPENED_BYTES = 256 * 1024 * 1024;
const LINE_FEED = 0x0a;

export function sealContents(sealer: Sealer, page: string, contents: readonly Buffer[]): Buffer {
  const lengths = JSON.stringify(contents.map(({ length }) => length));
  const plain = Buffer.concat([Buffer.from(`${lengths}\n`, 'latin1'), ...contents]);
  return sealer.seal(zstdCompressSync(plain), contextOf('contents', page));
}

/** @throws SealError */
export function openContents(sealer: Sealer, page: string, sealed: Buffer): Buffer[] {
  const contextOfV1 = isFirstForm(page) ? `dead-letters:${page}` : null;
  const compressed = sealer.open(sealed, contextOf('contents', page), contextOfV1);
  const plain = zstdDecompressSync(compressed, { maxOutputLength: MAX_OPENED_BYTES });
  let at = plain.indexOf(LINE_FEED) + 1;
  const lengths: unknown = JSON.parse(plain.toString('latin1', 0, at));
  if (!Array.isArray(lengths) || !lengths.every(isLength)) {
    throw new Error('the lengths of the contents of a page are damaged');
  }
  return lengths.map((length) => {
    at += length;
    return plain.subarray(at - length, at);
  });
}

const NAME_BYTES = 8;
const COUNT_DIGITS = 2;

/** One more than 8 bytes need: by that a page of today is told from one of the first form. */
const OWN_DIGITS = 14;

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A name that no other page has; it ends with how many dead letters the page is written with. */
export function namePage(letters: number): string {
  const own = randomBytes(NAME_BYTES).readBigUInt64BE().toString(36);
  return own.padStart(OWN_DIGITS, '0') + letters.toString(36).padStart(COUNT_DIGITS, '0');
}

/** The page and the position in it that an id names; null when it is none of ours. */
export function placeOfId(id: string): { readonly page: string; readonly index: number } | null {
  const [, page, index] = /^([0-9a-z]+)\.(\d{1,4})$/.exec(id) ?? [];
  return page === undefined ? null : { page, index: Number(index) };
}

/** The pages that ids name, each once. */
export function pagesOfIds(ids: Iterable<string>): string[] {
  return [...new Set([...ids].flatMap((id) => placeOfId(id)?.page ?? []))];
}

/** Whether a page was named by a release that left its facts in the clear. */
export function isFirstForm(page: string): boolean {
  return page.length < OWN_DIGITS + COUNT_DIGITS;
}
