import { randomBytes } from 'node:crypto';

const NAME_BYTES = 8;
const COUNT_DIGITS = 2;

/** One more than 8 bytes need: by that a page of today is told from one of the first form. */
const OWN_DIGITS = 14;

/** A name that no other page has; it ends with how many dead letters the page is written with. */
export function namePage(letters: number): string {
  const own = BigInt(`0x${randomBytes(NAME_BYTES).toString('hex')}`).toString(36);
  return own.padStart(OWN_DIGITS, '0') + letters.toString(36).padStart(COUNT_DIGITS, '0');
}

/** The page and the position in it that an id names; null when it is none of ours. */
export function placeOfId(id: string): { readonly page: string; readonly index: number } | null {
  const [, page, index] = /^([0-9a-z]+)\.(\d{1,4})$/.exec(id) ?? [];
  return page === undefined ? null : { page, index: Number(index) };
}

/** Whether a page was named by a release that left its facts in the clear. */
export function isFirstForm(page: string): boolean {
  return page.length < OWN_DIGITS + COUNT_DIGITS;
}
