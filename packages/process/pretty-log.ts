import { styleText } from 'node:util';
import { asObject, type Json } from '#core/event/track-event.ts';

const COLOURS = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/** Fields that every line has, and that a person on a terminal knows or sees elsewhere in the line. */
const USUAL: ReadonlySet<string> = new Set(['time', 'level', 'msg', 'service', 'version', 'pid']);

/** A text that needs no quotes. */
const FLAT = /^[\w.,:/%+-]+$/;

/**
 * A JSON line of the log for people: `10:20:31.123 info  worker  lane  pixel=EU shop (123) state=active`.
 * What is no JSON object stays as it is.
 */
export function prettyLine(line: string): string {
  const fields = readLine(line);
  if (fields === null) return line;
  const { time, level, service, msg, pixelName, ...others } = fields;
  const named =
    pixelName === undefined
      ? others
      : { ...others, pixel: `${printed(pixelName)} (${printed(others['pixel'])})` };
  const shown = Object.entries(named)
    .filter(([name]) => !USUAL.has(name))
    .map(([name, value]) => `${styleText('dim', `${printed(name)}=`)}${fieldText(value)}`);
  const head = [clock(time), levelOf(level), printed(service), printed(msg)];
  return `${[...head, ...shown].join('  ')}\n`;
}

function readLine(line: string): Json | null {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return null;
  }
}

/** In UTC, as in the other form. */
function clock(time: unknown): string {
  return styleText('dim', printed(typeof time === 'string' ? time.slice(11, 23) : time));
}

function levelOf(level: unknown): string {
  const word = printed(level).padEnd(5);
  const known = Object.entries(COLOURS).find(([name]) => name === level);
  return known === undefined ? word : styleText(known[1], word);
}

/** An error by what it says, with its causes; other texts as they are, in quotes where they have spaces. */
function fieldText(value: unknown): string {
  const error = asObject(value);
  if (typeof error?.['message'] === 'string') {
    const { message, cause, code } = error;
    const known = code === undefined ? '' : ` (${printed(code)})`;
    return `${printed(message)}${known}${cause === undefined ? '' : ` ← ${fieldText(cause)}`}`;
  }
  if (typeof value === 'string' && FLAT.test(value)) return value;
  return printed(typeof value === 'string' ? JSON.stringify(value) : value);
}

/** What is logged must not move the cursor or change colours. */
function printed(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.replace(/\p{C}/gu, '\ufffd');
}
