const MINUTE_MS = 60_000;
const GAP = '  ';

/** `2 d 4 h`, `5 h 10 m`, `3 m`. */
export function span(ms: number): string {
  const minutes = Math.max(Math.floor(ms / MINUTE_MS), 0);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} m` : `${minutes} m`;
}

/** How long an event can still be sent; `horizon` in Unix seconds, `now` in Unix ms. */
export function timeLeft(horizon: number | null, now: number): string {
  if (horizon === null) return '–';
  const left = horizon * 1000 - now;
  return left > 0 ? span(left) : 'expired';
}

export function number(value: number): string {
  return value.toLocaleString('en');
}

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
