import { randomBytes } from 'node:crypto';

const NAME_BYTES = 8;
const COUNT_DIGITS = 2;

/** A name that no other page has; it ends with how many dead letters the page is written with. */
export function namePage(letters: number): string {
  const own = BigInt(`0x${randomBytes(NAME_BYTES).toString('hex')}`).toString(36);
  return own + letters.toString(36).padStart(COUNT_DIGITS, '0');
}

/** The page and the position in it that an id names; null when it is none of ours. */
export function placeOfId(id: string): { readonly page: string; readonly index: number } | null {
  const [, page, index] = /^([0-9a-z]+)\.(\d{1,4})$/.exec(id) ?? [];
  return page === undefined ? null : { page, index: Number(index) };
}
