const MINUTE_MS = 60_000;

/** `2 d 4 h`, `5 h 10 m`, `3 m`. */
export function formatDuration(ms: number): string {
  const minutes = Math.max(Math.floor(ms / MINUTE_MS), 0);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} m` : `${minutes} m`;
}

/** `42 s`, `3 m`, `5 h 10 m`, `2 d 4 h`. */
export function formatAge(ms: number): string {
  return ms < MINUTE_MS ? `${Math.max(Math.floor(ms / 1000), 0)} s` : formatDuration(ms);
}

/** `42 s`, or as {@link formatDuration} writes it from two minutes up: an estimate, rounded up. */
export function formatEta(seconds: number): string {
  return seconds < 120 ? `${Math.ceil(seconds)} s` : formatDuration(seconds * 1000);
}

/** Time left to send an event; `horizon` in Unix seconds, `now` in Unix ms. */
export function formatTimeLeft(horizon: number | null, now: number): string {
  if (horizon === null) return '–';
  const left = horizon * 1000 - now;
  return left > 0 ? formatDuration(left) : 'expired';
}

/** `12,408`, rounded to a whole number. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** `1 event`, `12 events`. */
export function plural(count: number, one: string, several = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : several}`;
}

/** `it is paused` → `It is paused.` */
export function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

const LATEST_MS = 8.64e15;

/** `2026-11-20T10:00:00.000Z`; null for an invalid time, such as a Kafka timestamp that was never set. */
export function isoTime(ms: number): string | null {
  return ms >= 0 && ms <= LATEST_MS ? new Date(ms).toISOString() : null;
}
