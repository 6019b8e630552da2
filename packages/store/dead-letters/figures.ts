const MINUTE_MS = 60_000;

/** `2 d 4 h`, `5 h 10 m`, `3 m`. */
export function span(ms: number): string {
  const minutes = Math.max(Math.floor(ms / MINUTE_MS), 0);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} m` : `${minutes} m`;
}

/** `42 s`, `3 m`, `5 h 10 m`, `2 d 4 h`. */
export function age(ms: number): string {
  return ms < MINUTE_MS ? `${Math.max(Math.floor(ms / 1000), 0)} s` : span(ms);
}

/** How long an event can still be sent; `horizon` in Unix seconds, `now` in Unix ms. */
export function timeLeft(horizon: number | null, now: number): string {
  if (horizon === null) return '–';
  const left = horizon * 1000 - now;
  return left > 0 ? span(left) : 'expired';
}

/** `12,408`. */
export function number(value: number): string {
  return value.toLocaleString('en');
}

/** `1 event`, `12 events`. */
export function many(count: number, one: string, several = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : several}`;
}

const LATEST_MS = 8.64e15;

/** `2026-11-20T10:00:00.000Z`; null for what is no moment, such as a Kafka timestamp that nobody set. */
export function isoTime(ms: number): string | null {
  return ms >= 0 && ms <= LATEST_MS ? new Date(ms).toISOString() : null;
}
