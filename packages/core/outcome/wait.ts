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

/** Seconds, also with a fraction, which RFC 9110 does not know. */
export const SECONDS = /^\d{1,15}(?:\.\d{1,15})?$/;
/** The three forms of a date in RFC 9110 begin with a day of the week. */
export const DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? [\w :-]{8,40}$/;

/** A date that has passed and a negative number say nothing: Meta does throttle just now. */
function retryAfter(value: string | readonly string[] | undefined, now: number): number | null {
  const asked = typeof value === 'string' ? value.trim() : '';
  if (SECONDS.test(asked)) return Number(asked) * 1000;
  const wait = DATE.test(asked) ? Date.parse(asked) - now : Number.NaN;
  return wait >= 0 ? wait : null;
}

/** In the usage header, in minutes. */
export const REGAIN = /"estimated_time_to_regain_access"\s{0,8}:\s{0,8}(\d{1,9})/g;

function regainTime(headers: Headers): number | null {
  const raw = headers['x-business-use-case-usage'];
  if (typeof raw !== 'string') return null;
  let longest = 0;
  for (const match of raw.matchAll(REGAIN)) {
    longest = Math.max(longest, Number(match[1]) * MINUTE_MS);
  }
  return longest > 0 ? longest : null;
}
