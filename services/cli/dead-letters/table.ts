const GAP = '  ';

/** What an event says must not move the cursor or colour the screen. */
export function plain(text: string): string {
  return text.replace(/\p{C}/gu, '\ufffd');
}

/** `text` in so many characters at most. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** Rows under a heading, in columns as wide as they need. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => plain(row[at] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => plain(cell).padEnd(widths[at] ?? 0)).join(GAP);
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}
