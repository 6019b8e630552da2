import type { Place } from '#queue/dead-letter-pages.ts';

/** Where a page ended, for who reads the next one; opaque to people. */
export function writeCursor({ diedAt, id }: Place): string {
  return Buffer.from(`${diedAt}:${id}`, 'utf8').toString('base64url');
}

/** Null when it is none of ours. */
export function readCursor(text: string): Place | null {
  const [, diedAt, id] =
    /^(\d+):(.+)$/s.exec(Buffer.from(text, 'base64url').toString('utf8')) ?? [];
  return diedAt === undefined || id === undefined ? null : { diedAt: Number(diedAt), id };
}
