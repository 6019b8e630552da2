import type { Place } from './dead-letter-pages.ts';

/** Where a page ended, for who reads the next one; opaque to people. */
export function writeCursor({ page, index }: Place): string {
  return `${page}-${index}`;
}

/** Null when it is none of ours. */
export function readCursor(text: string): Place | null {
  const [, page, index] = /^(\d{1,15})-(\d{1,4})$/.exec(text) ?? [];
  return page === undefined ? null : { page: Number(page), index: Number(index) };
}
