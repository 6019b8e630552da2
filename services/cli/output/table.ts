import { cut, padded, printable, widthOf } from './text.ts';

const GAP = '  ';
const DEFAULT_WIDTH = 80;
const NARROWEST = 8;

/** The width for output: that of the terminal, or unlimited without one. */
export function terminalWidth(out: { isTTY?: boolean; columns?: number } = process.stdout): number {
  return out.isTTY === true ? (out.columns ?? DEFAULT_WIDTH) : Number.POSITIVE_INFINITY;
}

/** Columns for text in lines: at least those of the narrowest terminal that is supported. */
export function textColumns(): number {
  return Math.max(40, process.stdout.columns ?? 120);
}

/**
 * Rows under a heading, in columns as wide as their widest cell.
 * @param elastic the column that is cut when the table is too wide
 */
export function table(
  rows: readonly (readonly string[])[],
  elastic?: number,
  width = terminalWidth(),
): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = (cells[0] ?? []).map((_, at) =>
    Math.max(...cells.map((row) => widthOf(row[at] ?? ''))),
  );
  const total = widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1));
  const given = elastic === undefined ? undefined : widths[elastic];
  if (elastic !== undefined && given !== undefined && total > width) {
    widths[elastic] = Math.min(given, Math.max(given - (total - width), NARROWEST));
  }
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => padded(cut(cell, widths[at] ?? 0), widths[at] ?? 0)).join(GAP);
  return cells.map((row) => `${line(row).trimEnd()}\n`).join('');
}
