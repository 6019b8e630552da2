import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import type {
  DeadLetterFacts,
  NewDeadLetterFacts,
  SharedFacts,
} from '#core/dead-letter/dead-letter.ts';
import { asObject } from '#core/event/track-event.ts';

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
const MAX_OPENED_BYTES = 64 * 1024 * 1024;

/** How many dead letters a page holds at most. */
export const PAGE_LETTERS = 250;

/** A page that a newer release wrote. */
export class NewerPage extends Error {
  override readonly name = 'NewerPage';
}

/** What of a page is asked for; a page, or a part of it, that cannot have it is not read. */
export interface PageFilter {
  readonly couldMatch: (shared: SharedFacts) => boolean;
  readonly needles: readonly string[];
  /** Whether any that died between these moments can be among them. */
  readonly couldHaveDied?: (first: number, last: number) => boolean;
}

export const EVERY_LETTER: PageFilter = { couldMatch: () => true, needles: [] };

/** The facts of a page as Redis keeps them. */
export function writeFacts(letters: readonly NewDeadLetterFacts[]): Buffer {
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
  return zstdCompressSync(Buffer.from(`${head}\n${rows.join(',\n')}`, 'utf8'));
}

/**
 * The facts of the dead letters of a page that are still there, in the order in which they died.
 * @param marks one character for each: `0` where it was removed; null when none was
 * @throws Error when a newer release wrote it
 */
export function readFacts(
  name: string,
  written: Buffer,
  marks: string | null,
  { couldMatch, needles, couldHaveDied = () => true }: PageFilter = EVERY_LETTER,
): DeadLetterFacts[] {
  const text = zstdDecompressSync(written, { maxOutputLength: MAX_OPENED_BYTES }).toString('utf8');
  if (!needles.every((needle) => text.includes(needle))) return [];
  const end = text.indexOf('\n');
  const head = parseHead(text.slice(0, end));
  if (!couldHaveDied(...head.died)) return [];
  const wanted = new Set(head.shared.filter(couldMatch));
  if (wanted.size === 0) return [];
  return text
    .slice(end + 1)
    .split(',\n')
    .flatMap((row, index) => {
      const shared = head.shared[sharedIn(row)];
      if (marks?.[index] === '0' || shared === undefined || !wanted.has(shared)) return [];
      return factsOf(`${name}.${index}`, parseRow(row), shared, head.base);
    });
}

/* How the facts of one dead letter stand in its page. */

type WholeRow = readonly [
  shared: number,
  partition: number,
  offset: number,
  timestamp: number,
  diedAt: number,
  horizon: number | null,
  eventId: string | null,
  attempts: number,
  replays: number,
  traceId: string | null,
  index: number | null,
  unknown: 0 | 1,
  numbers: string,
];

/** One more where the event is not whole. */
type Row = WholeRow | readonly [...WholeRow, truncatedFrom: number];

const HEAD = z.object({
  /** Unix ms, a whole second. */
  base: z.number(),
  /** The first and the last moment, Unix ms. */
  died: z.tuple([z.number(), z.number()]),
  shared: z.array(z.custom<SharedFacts>(isShared)),
});

/** Stands where a number is; what people or Meta say has none. */
const PLACE = '\u0000';
const NUMBER = /\d+/g;

function withoutNumbers(words: string): string {
  return words.replaceAll(PLACE, '').replace(NUMBER, PLACE);
}

/** @throws NewerPage, or Error when it is damaged */
function parseHead(text: string): z.infer<typeof HEAD> {
  const head: unknown = JSON.parse(text);
  const { v } = asObject(head) ?? {};
  if (v !== VERSION) {
    throw new NewerPage(
      `dead letters of version ${String(v)}: this release reads version ${VERSION}`,
    );
  }
  const { data } = HEAD.safeParse(head);
  if (data === undefined) throw new Error('the head of a page of dead letters is damaged');
  return data;
}

function isShared(value: unknown): boolean {
  const { message, topic, refusal } = asObject(value) ?? {};
  const words = refusal === null ? '' : asObject(refusal)?.['message'];
  return [message, topic, words].every((text) => typeof text === 'string');
}

/** By hand: as many are read as there are dead letters. */
function parseRow(text: string): Row {
  const row: unknown = JSON.parse(text);
  if (isRow(row)) return row;
  throw new Error('a row of a page of dead letters is damaged');
}

const ROW_NUMBERS = [0, 1, 2, 3, 4, 7, 8, 11];
const ROW_LENGTH = 13;

function isRow(value: unknown): value is Row {
  if (!Array.isArray(value) || value.length < ROW_LENGTH) return false;
  return ROW_NUMBERS.every((at) => typeof value[at] === 'number') && typeof value[12] === 'string';
}

/** What a dead letter has in common with others. */
function sharedOf(facts: NewDeadLetterFacts): SharedFacts {
  const { pixelId, stage, reason, eventName, holds, part, schema, kafka, refusal } = facts;
  const message = withoutNumbers(facts.message);
  const words = refusal && {
    status: refusal.status,
    code: refusal.code,
    subcode: refusal.subcode,
    message: withoutNumbers(refusal.message),
  };
  const { topic } = kafka;
  const shared = { pixelId, stage, reason, message, eventName, holds, topic, refusal: words };
  return {
    ...shared,
    ...(part === undefined ? {} : { part }),
    ...(schema === undefined ? {} : { schema }),
  };
}

/** What it has for itself. */
function rowOf(facts: NewDeadLetterFacts, shared: number, base: number): Row {
  const { kafka, diedAt, horizon, eventId, attempts, replays, refusal, unknown } = facts;
  const row: WholeRow = [
    shared,
    kafka.partition,
    kafka.offset,
    kafka.timestamp - base,
    diedAt - base,
    horizon === null ? null : horizon - base / 1000,
    eventId,
    attempts,
    replays,
    refusal?.traceId ?? null,
    refusal?.index ?? null,
    unknown ? 1 : 0,
    [facts.message, refusal?.message ?? ''].flatMap((words) => words.match(NUMBER) ?? []).join(),
  ];
  return facts.truncatedFrom === undefined ? row : [...row, facts.truncatedFrom];
}

/** Both together again. */
function factsOf(id: string, row: Row, shared: SharedFacts, base: number): DeadLetterFacts {
  const [, partition, offset, timestamp, diedAt, horizon, eventId] = row;
  const [, , , , , , , attempts, replays, traceId, index, unknown, numbers, truncatedFrom] = row;
  const rest = numbers === '' ? [] : numbers.split(',');
  const fill = (words: string): string => words.replaceAll(PLACE, () => rest.shift() ?? '');
  const { topic, refusal, ...facts } = shared;
  const message = fill(facts.message);
  return {
    id,
    ...facts,
    message,
    kafka: { topic, partition, offset, timestamp: timestamp + base },
    diedAt: diedAt + base,
    horizon: horizon === null ? null : horizon + base / 1000,
    eventId,
    attempts,
    replays,
    refusal: refusal && { ...refusal, message: fill(refusal.message), traceId, index },
    unknown: unknown === 1,
    ...(truncatedFrom === undefined ? {} : { truncatedFrom }),
  };
}

/** Which of the shared facts a row as it is written names. */
function sharedIn(row: string): number {
  return Number.parseInt(row.slice(1), 10);
}
