import { SealError, type Sealer } from '../sealing.ts';
import { isFirstForm } from './dead-letter-id.ts';

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

export function sealPageContents(sealer: Sealer, page: string, contents: Buffer): Buffer {
  return sealer.seal(contents, contextOf('contents', page));
}

/** @throws SealError */
export function openPageContents(sealer: Sealer, page: string, sealed: Buffer): Buffer {
  const contextOfV1 = isFirstForm(page) ? `dead-letters:${page}` : null;
  return sealer.open(sealed, contextOf('contents', page), contextOfV1);
}

function contextOf(part: 'facts' | 'contents', page: string): string {
  return JSON.stringify(['dead letters', part, page]);
}
