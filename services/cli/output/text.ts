import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { jsonText } from '#core/event/json-text.ts';

/** Columns that a text takes on a terminal. */
export const widthOf: (text: string) => number = stringWidth;

/** A value as text that is safe to print: data must not move the cursor or change colours. */
export function printable(value: unknown): string {
  const text = typeof value === 'string' ? value : jsonText(value);
  return text.replace(/\p{C}/gu, '\ufffd');
}

/** A text in at most this many columns; an ellipsis marks what is cut off. */
export function cut(text: string, columns: number): string {
  return columns === Number.POSITIVE_INFINITY ? text : cliTruncate(text, columns);
}

/** A text filled up with spaces to a number of columns. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

/** A text in lines of at most this many columns, broken between words. */
export function wrapLines(text: string, columns: number): readonly string[] {
  return wrapAnsi(text, columns).split('\n');
}

/** The same as one text, every line indented. */
export function wrapped(text: string, columns: number, indent: string): string {
  const lines = wrapLines(text, columns - widthOf(indent));
  return lines.map((line) => `${indent}${line}\n`).join('');
}
