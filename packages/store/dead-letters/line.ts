import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import {
  DEAD_LETTER_REASONS,
  DEAD_LETTER_STAGES,
  type DeadLetterFacts,
} from '#core/dead-letter/dead-letter.ts';
import { asObject, type Json } from '#core/event/track-event.ts';
import { isoTime } from '#core/text/format.ts';
import { SealError, type Sealer } from '../sealing.ts';
import { parseJson } from '../stored-value.ts';
import { shownFacts } from './masking.ts';
import type { OpenedLetter } from './read.ts';

/*
 * A dead letter outside of Redis is a line of JSON: its facts, `store` (the installation that it was
 * dead in) and `sealed` (its content, compressed and sealed for all the rest of the line, in base64).
 * The facts are readable, so that lines can be filtered; changed ones do not open.
 */

/** As much as a page of dead letters holds: what could be purged can be imported again. */
const MAX_OPENED_BYTES = 256 * 1024 * 1024;

/** A dead letter as a line has it. */
export interface LetterLine {
  readonly store: string;
  readonly facts: DeadLetterFacts;
  readonly content: Buffer;
}

/** Everything in a line besides its content, in whichever order its keys are. */
function contextOf(facts: object, store: string): string {
  return JSON.stringify(['dead letter line', store, facts], (_, value: unknown) => {
    const object = asObject(value);
    if (object === null) return value;
    return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/**
 * Null for one whose content does not open here, because the line could not be read either, and for
 * one that is larger than import reads.
 */
export function writeLine(letter: OpenedLetter, store: string, sealer: Sealer): string | null {
  const { facts, content } = letter;
  if (content instanceof SealError || content.length > MAX_OPENED_BYTES) return null;
  const shown = shownFacts(facts);
  const sealed = sealer.seal(zstdCompressSync(content), contextOf(shown, store));
  return `${JSON.stringify({ ...shown, store, sealed: sealed.toString('base64') })}\n`;
}

/** A line for one whose content cannot come along, and why. It cannot be imported. */
export function writeLineWithout(facts: DeadLetterFacts, store: string, leftOut: string): string {
  return `${JSON.stringify({ ...shownFacts(facts), store, sealed: null, leftOut })}\n`;
}

/** Reads a line; a text says what is wrong with it. */
export function readLine(text: string, sealer: Sealer): LetterLine | string {
  const line = asObject(parseJson(text));
  if (line === null) return 'is not a JSON object';
  const { store, sealed, leftOut, ...facts } = line;
  if (sealed === null && typeof leftOut === 'string') return `has no content: ${leftOut}`;
  if (typeof store !== 'string' || typeof sealed !== 'string') {
    return 'has no “sealed” content: write such lines with export --sealed, or with purge';
  }
  const parsed = parseFacts(facts);
  if (typeof parsed === 'string') return parsed;
  try {
    const bytes = Buffer.from(sealed, 'base64');
    // Version 1 of the seal binds the id alone.
    const contextOfV1 = `dead-letter:${String(facts['id'])}`;
    const opened = sealer.open(bytes, contextOf(facts, store), contextOfV1);
    const content = zstdDecompressSync(opened, { maxOutputLength: MAX_OPENED_BYTES });
    return { store, facts: parsed, content };
  } catch (error) {
    return error instanceof SealError ? error.message : 'its content is damaged';
  }
}

const text = z.string();
const textOrNone = text.nullable().default(null);
const numberOrNone = z.number().nullable().default(null);

/** What an earlier release did not write is null. */
const FACTS = z.object({
  id: text,
  message: text,
  diedAt: z.int().refine((ms) => isoTime(ms) !== null),
  attempts: z.int(),
  replays: z.int(),
  kafka: z.object({ topic: text, partition: z.int(), offset: z.int(), timestamp: z.int() }),
  truncatedFrom: z.int().exactOptional(),
  part: text.nullable().exactOptional(),
  schema: z.union([z.int(), text]).exactOptional(),
  pixelId: textOrNone,
  horizon: numberOrNone,
  eventName: textOrNone,
  eventId: textOrNone,
  refusal: z
    .object({
      status: z.number(),
      code: numberOrNone,
      subcode: numberOrNone,
      message: text,
      traceId: textOrNone,
      index: numberOrNone,
    })
    .nullable()
    .default(null),
  unknown: z.boolean().default(false),
  reason: z.enum(DEAD_LETTER_REASONS),
  stage: z.enum(DEAD_LETTER_STAGES),
  holds: z.enum(['message', 'record']),
});

/** What is said of a field that is missing or damaged; of any other, that facts are missing. */
const PROBLEMS = {
  reason: 'has no known reason',
  stage: 'has no known stage',
  holds: 'does not say what it holds',
} as const;

/** The facts of a line; a text says what is wrong with them. */
function parseFacts(facts: Json): DeadLetterFacts | string {
  const { data, error } = FACTS.safeParse(facts);
  if (data !== undefined) {
    return data.holds === 'record' && data.pixelId === null ? PROBLEMS.holds : data;
  }
  const fields = new Set(error.issues.map(({ path }) => path[0]));
  const named = (['reason', 'stage', 'holds'] as const).filter((field) => fields.delete(field));
  const [first] = named;
  return fields.size > 0 || first === undefined ? 'lacks facts of a dead letter' : PROBLEMS[first];
}
