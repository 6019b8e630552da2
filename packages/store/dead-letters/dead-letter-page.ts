import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { DeadLetterFacts, DeathFacts, SharedFacts } from '#core/dead-letter/dead-letter.ts';
import { factsOf, type Head, type Row, rowOf, sharedIn, sharedOf } from './dead-letter-row.ts';

/*
 * A page holds dead letters that were written in one step, because what dies together is much alike.
 * Their facts, compressed as a whole:
 *
 *   {"v":1,"base":ms,"died":[first,last],"shared":[…]}\n
 *   [which of the shared, partition, offset, …],\n
 *   […]
 *
 * The facts that many of them share are written once, and times count from `base`. What is said of them
 * often differs in numbers alone: those stand in the row, and a place for each in the shared words.
 */
const VERSION = 1;
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
const MAX_OPENED_BYTES = 64 * 1024 * 1024;

/** How many dead letters a page holds at most. */
export const PAGE_LETTERS = 250;

/** A page that a newer release wrote. */
export class NewerPage extends Error {
  override readonly name = 'NewerPage';
}

/** What of a page is asked for; a page, or a part of it, that cannot have it is not read. */
export interface PageQuestion {
  readonly couldMatch: (shared: SharedFacts) => boolean;
  readonly needles: readonly string[];
  /** Whether any that died between these moments can be among them. */
  readonly couldHaveDied?: (first: number, last: number) => boolean;
}

export const EVERYTHING: PageQuestion = { couldMatch: () => true, needles: [] };

/** The facts of a page as Redis keeps them. */
export function writeFacts(letters: readonly DeathFacts[]): Buffer {
  const died = letters.map(({ diedAt }) => diedAt);
  const base = Math.floor((died[0] ?? 0) / 1000) * 1000;
  const shared = new Map<string, number>();
  const rows = letters.map((facts) => {
    const key = JSON.stringify(sharedOf(facts));
    const at = shared.get(key) ?? shared.size;
    shared.set(key, at);
    return JSON.stringify(rowOf(facts, at, base));
  });
  const range = JSON.stringify([Math.min(...died), Math.max(...died)]);
  const head = `{"v":${VERSION},"base":${base},"died":${range},"shared":[${[...shared.keys()].join()}]}`;
  return zstdCompressSync(Buffer.from(`${head}\n${rows.join(',\n')}`, 'utf8'), ZSTD);
}

/**
 * The facts of the dead letters of a page that are still there, in the order in which they died.
 * @param marks one character for each: `0` where it is there no more; null when all of them are
 * @throws Error when a newer release wrote it
 */
export function readFacts(
  name: string,
  written: Buffer,
  marks: string | null,
  { couldMatch, needles, couldHaveDied = () => true }: PageQuestion = EVERYTHING,
): DeadLetterFacts[] {
  const text = zstdDecompressSync(written, { maxOutputLength: MAX_OPENED_BYTES }).toString('utf8');
  if (!needles.every((needle) => text.includes(needle))) return [];
  const end = text.indexOf('\n');
  const head = JSON.parse(text.slice(0, end)) as Head;
  if (head.v !== VERSION) {
    throw new NewerPage(`dead letters of version ${head.v}: this release reads version ${VERSION}`);
  }
  if (!couldHaveDied(...head.died)) return [];
  const wanted = head.shared.map(couldMatch);
  if (!wanted.includes(true)) return [];
  return text
    .slice(end + 1)
    .split(',\n')
    .flatMap((row, index) => {
      if (marks?.[index] === '0' || wanted[sharedIn(row)] !== true) return [];
      return factsOf(`${name}.${index}`, JSON.parse(row) as Row, head);
    });
}
