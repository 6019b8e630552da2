import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import type { NewDeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { bucketOf, causeKey, causeOf, groupName } from '#core/dead-letter/groups.ts';

/*
 * The outline of a page says what its dead letters were counted as, and nothing else: so they can be
 * thrown away although the key that sealed them is lost, and every count stays right. It is readable,
 * like the counts, and no dead letter is sent by it.
 *
 *   [[[pixel, group, died, expires], …], [which of these the first dead letter is, the second, …]]
 */
const MAX_OPENED_BYTES = 1024 * 1024;

/** What one dead letter was counted as: pixel, group, died, expires; times are buckets, in Unix seconds. */
const ENTRY = z.tuple(
  [z.string().nullable(), z.string(), z.int(), z.int().nullable()],
  z.unknown(),
);
const OUTLINE = z.tuple([z.array(z.unknown()), z.array(z.int())], z.unknown());

/** A dead letter of which nothing is known but what it was counted as. */
export interface UnreadLetter {
  readonly id: string;
  readonly pixelId: string | null;
  readonly group: string;
  readonly died: number;
  readonly expires: number | null;
}

export function writeOutline(letters: readonly NewDeadLetterFacts[]): Buffer {
  const entries = new Map<string, number>();
  const which = letters.map((facts) => {
    const key = JSON.stringify(entryOf(facts));
    const at = entries.get(key) ?? entries.size;
    entries.set(key, at);
    return at;
  });
  const text = `[[${[...entries.keys()].join()}],${JSON.stringify(which)}]`;
  return zstdCompressSync(Buffer.from(text, 'utf8'));
}

function entryOf(facts: NewDeadLetterFacts): z.infer<typeof ENTRY> {
  const { pixelId, diedAt, horizon } = facts;
  const expires = horizon === null ? null : bucketOf(horizon * 1000) / 1000;
  return [pixelId, groupName(causeKey(causeOf(facts))), bucketOf(diedAt) / 1000, expires];
}

/**
 * The dead letters of a page that are still there; none where the outline cannot be read either.
 * @param marks one character for each: `0` where it was removed; null when none was
 */
export function readOutline(page: string, outline: Buffer, marks: string | null): UnreadLetter[] {
  try {
    const opened = zstdDecompressSync(outline, { maxOutputLength: MAX_OPENED_BYTES });
    const [entries, which] = OUTLINE.parse(JSON.parse(opened.toString('utf8')));
    return which.flatMap((at, index) => {
      const { data: entry } = ENTRY.safeParse(entries[at]);
      if (marks?.[index] === '0' || entry === undefined) return [];
      const [pixelId, group, died, expires] = entry;
      return { id: `${page}.${index}`, pixelId, group, died, expires };
    });
  } catch {
    return [];
  }
}
