import type { Answer } from './answer.ts';

type Headers = (Answer & { kind: 'answered' })['headers'];

const MINUTE_MS = 60_000;

/** Never believe a wait longer than an hour: the next answer can say so again. */
const LONGEST_WAIT_MS = 60 * MINUTE_MS;

/**
 * How long Meta asks to wait, in ms; null when it does not say.
 * Sources: RFC 9110 `retry-after` (seconds or a date); Meta, rate limiting,
 * `x-business-use-case-usage` → `estimated_time_to_regain_access` in minutes.
 */
export function waitAsked(headers: Headers, now: number): number | null {
  const waits = [retryAfter(headers['retry-after'], now), regainTime(headers)].filter(
    (wait) => wait !== null,
  );
  return waits.length === 0 ? null : Math.min(Math.max(...waits), LONGEST_WAIT_MS);
}

function retryAfter(value: string | readonly string[] | undefined, now: number): number | null {
  if (typeof value !== 'string' || value.trim() === '') return null;
  const seconds = Number(value);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now;
  return Number.isFinite(wait) && wait >= 0 ? wait : null;
}

function regainTime(headers: Headers): number | null {
  const raw = headers['x-business-use-case-usage'];
  if (typeof raw !== 'string') return null;
  let longest = 0;
  for (const match of raw.matchAll(/"estimated_time_to_regain_access"\s*:\s*(\d+)/g)) {
    longest = Math.max(longest, Number(match[1]) * MINUTE_MS);
  }
  return longest > 0 ? longest : null;
}
