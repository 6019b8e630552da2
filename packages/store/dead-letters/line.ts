import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import {
  DEAD_LETTER_REASONS,
  DEAD_LETTER_STAGES,
  type DeadLetterFacts,
} from '#core/dead-letter/dead-letter.ts';
import { asObject } from '#core/event/track-event.ts';
import { isoTime } from '#core/text/format.ts';
import { SealError, type Sealer } from '../sealing.ts';
import { shownFacts } from './masking.ts';
import type { OpenedLetter } from './read.ts';

/*
 * A dead letter outside of Redis is a line of JSON: its facts, `store` (the installation that it was
 * dead in) and `sealed` (its content, compressed and sealed for all the rest of the line, in base64).
 * The facts are readable, so that whoever handles lines can choose among them; changed ones do not open.
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
    return object === null ? value : Object.fromEntries(Object.entries(object).sort(byKey));
  });
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** What lines of version 1 of the seal bind: the id alone. */
function contextOfV1({ id }: { readonly id?: unknown }): string {
  return `dead-letter:${String(id)}`;
}

/**
 * Null for one whose content does not open here, because nobody could read the line either, and for
 * one that is larger than import reads.
 */
export function writeLine(letter: OpenedLetter, store: string, sealer: Sealer): string | null {
  const { facts, content } = letter;
  if (content instanceof SealError || content.length > MAX_OPENED_BYTES) return null;
  const shown = shownFacts(facts);
  const sealed = sealer.seal(zstdCompressSync(content), contextOf(shown, store));
  return `${JSON.stringify({ ...shown, store, sealed: sealed.toString('base64') })}\n`;
}

/** A line for one whose content cannot come along, and why. Nobody can take it in again. */
export function writeLineWithout(facts: DeadLetterFacts, store: string, leftOut: string): string {
  return `${JSON.stringify({ ...shownFacts(facts), store, sealed: null, leftOut })}\n`;
}

/** Reads a line; a text says what is wrong with it. */
export function readLine(text: string, sealer: Sealer): LetterLine | string {
  const line = parse(text);
  if (line === null) return 'is not a JSON object';
  const { store, sealed, leftOut, ...facts } = line;
  if (sealed === null && typeof leftOut === 'string') return `has no content: ${leftOut}`;
  if (typeof store !== 'string' || typeof sealed !== 'string') {
    return 'has no “sealed” content: write such lines with export --sealed, or with purge';
  }
  const problem = problemOf(facts);
  if (problem !== null) return problem;
  try {
    const bytes = Buffer.from(sealed, 'base64');
    const opened = sealer.open(bytes, contextOf(facts, store), contextOfV1(facts));
    const content = zstdDecompressSync(opened, { maxOutputLength: MAX_OPENED_BYTES });
    return { store, facts: facts as unknown as DeadLetterFacts, content };
  } catch (error) {
    return error instanceof SealError ? error.message : 'its content is damaged';
  }
}

function parse(text: string): Record<string, unknown> | null {
  try {
    return asObject(JSON.parse(text)) as Record<string, unknown> | null;
  } catch {
    return null;
  }
}

const NUMBERS = ['diedAt', 'attempts', 'replays'];
const TEXTS = ['id', 'message'];

function problemOf(facts: Record<string, unknown>): string | null {
  const kafka = asObject(facts['kafka']) ?? {};
  const isWhole =
    TEXTS.every((name) => typeof facts[name] === 'string') &&
    NUMBERS.every((name) => Number.isSafeInteger(facts[name])) &&
    isoTime(Number(facts['diedAt'])) !== null &&
    typeof kafka['topic'] === 'string' &&
    ['partition', 'offset', 'timestamp'].every((name) => Number.isSafeInteger(kafka[name]));
  const { truncatedFrom = 0 } = facts;
  if (!isWhole || !Number.isSafeInteger(truncatedFrom)) return 'lacks facts of a dead letter';
  const { reason, stage, holds, pixelId } = facts as Record<string, string | null>;
  if (!(DEAD_LETTER_REASONS as readonly unknown[]).includes(reason)) return 'has no known reason';
  if (!(DEAD_LETTER_STAGES as readonly unknown[]).includes(stage)) return 'has no known stage';
  if (holds === 'record' && typeof pixelId === 'string') return null;
  return holds === 'message' ? null : 'does not say what it holds';
}
