import { Writable } from 'node:stream';
import { UsageError } from '#config/errors.ts';
import { answerLines, openInput } from '../preview/lines.ts';
import { MOST_SENT } from './limits.ts';

/** An event as text; null where it is too long to be read. */
export interface EventText {
  /** Where it starts, from 1. */
  readonly line: number;
  readonly text: string | null;
}

/** One event over several lines. */
const MOST_LINES = 10_000;

/**
 * Reads the events of a file or of standard input (`-`): one a line, or one over all lines.
 * @throws UsageError when there are none, or too many to be sent like this
 */
export async function readEvents(file: string): Promise<readonly EventText[]> {
  const lines: EventText[] = [];
  let line = 0;
  const collect = (text: string | null): string => {
    line += 1;
    if (line > MOST_LINES) throw tooMany();
    if (text?.trim() !== '') lines.push({ line, text });
    return '';
  };
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await answerLines(await openInput(file === '-' ? null : file), collect, nowhere);
  const events = inOnePiece(lines);
  if (events.length > MOST_SENT) throw tooMany();
  if (events.length > 0) return events;
  throw new UsageError('there is no event to send: give a file, or events on standard input');
}

/** An event that a person has formatted is one value over all lines. */
function inOnePiece(lines: readonly EventText[]): readonly EventText[] {
  const [first] = lines;
  if (first === undefined || lines.length === 1 || isJson(first.text)) return lines;
  const whole = lines.map(({ text }) => text ?? '').join('\n');
  return isJson(whole) ? [{ line: first.line, text: whole }] : lines;
}

function isJson(text: string | null): boolean {
  try {
    JSON.parse(text ?? '');
    return true;
  } catch {
    return false;
  }
}

function tooMany(): UsageError {
  return new UsageError(
    `there are more than ${MOST_SENT} events, and nothing was sent → capi-relay produce writes a file to Kafka`,
  );
}
