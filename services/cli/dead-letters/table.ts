const GAP = '  ';

/** What an event says must not move the cursor or colour the screen. */
export function plain(text: string): string {
  return text.replace(/\p{C}/gu, '\ufffd');
}

/** `text` in so many characters at most. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** How wide what is printed may be; as wide as it likes where it is not for a terminal. */
export function terminalWidth(out: { isTTY?: boolean; columns?: number } = process.stdout): number {
  return out.isTTY === true ? (out.columns ?? USUAL_WIDTH) : Number.POSITIVE_INFINITY;
}

const USUAL_WIDTH = 80;
const NARROWEST = 8;

/**
 * Rows under a heading, in columns as wide as they need.
 * @param elastic the column that gives way where the whole is too wide
 * @param width how wide it may be
 */
export function table(
  rows: readonly (readonly string[])[],
  elastic?: number,
  width = terminalWidth(),
): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => plain(row[at] ?? '').length)),
  );
  const whole = widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1));
  const given = elastic === undefined ? undefined : widths[elastic];
  if (elastic !== undefined && given !== undefined && whole > width) {
    widths[elastic] = Math.min(given, Math.max(given - (whole - width), NARROWEST));
  }
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => cut(plain(cell), widths[at] ?? 0).padEnd(widths[at] ?? 0)).join(GAP);
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}
