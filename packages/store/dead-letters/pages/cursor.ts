/** Where a dead letter stands among all of them, in the order in which they were written. */
export interface LetterPlace {
  /** The number of its page, and its position in it. */
  readonly page: number;
  readonly index: number;
}

/** Where a page of a list ended; opaque to people. */
export function writeCursor({ page, index }: LetterPlace): string {
  return `${page}-${index}`;
}

/** Null when it is none of ours. */
export function readCursor(text: string): LetterPlace | null {
  const [, page, index] = /^(\d{1,15})-(\d{1,4})$/.exec(text) ?? [];
  return page === undefined ? null : { page: Number(page), index: Number(index) };
}
