import { styleText } from 'node:util';
import type { Row } from './rows.ts';
import { cut, padded, textOf, widthOf } from './text-layout.ts';

export const INDENT = '    ';

/** Columns; narrower terminals have the origin on a line of its own. */
export const ENOUGH_FOR_THREE = 90;
const LONGEST_FIELD = 26;
const LONGEST_ORIGIN = 36;

/** Columns that the parts of a row take. */
export interface Widths {
  readonly field: number;
  readonly value: number;
  /** Null where the origin has a line of its own. */
  readonly origin: number | null;
}

/** The same for all sections of an event, so that its columns stand below each other. */
export function widthsOf(rows: readonly Row[], columns: number): Widths {
  const longest = (at: 0 | 1 | 2, most: number): number =>
    Math.min(most, Math.max(0, ...rows.map((row) => widthOf(row[at]))));
  const field = longest(0, LONGEST_FIELD) + 2;
  const left = columns - INDENT.length - field;
  if (columns < ENOUGH_FOR_THREE) return { field, value: left, origin: null };
  const origin = longest(2, LONGEST_ORIGIN);
  return { field, value: longest(1, left - origin - 4), origin };
}

/** Rows under their name. */
export function section(
  name: string,
  rows: readonly Row[],
  { field, value, origin }: Widths,
): string {
  if (rows.length === 0) return '';
  const lines = rows.map(([label, sent, from]) => {
    const start = INDENT + padded(cut(textOf(label), field - 2), field);
    const short = cut(sent, value);
    if (origin !== null) {
      return `${start}${padded(short, value)}  ${styleText('dim', `← ${cut(from, origin)}`)}\n`;
    }
    return `${start}${short}\n${' '.repeat(INDENT.length + field)}${styleText('dim', `← ${cut(from, value - 2)}`)}\n`;
  });
  return `  ${styleText('dim', name)}\n${lines.join('')}`;
}
