import type { GraphAnswer } from './answer.ts';

type Headers = (GraphAnswer & { kind: 'answered' })['headers'];

const MINUTE_MS = 60_000;

/** A longer wait is cut to an hour: the next answer can state it again. */
const LONGEST_WAIT_MS = 60 * MINUTE_MS;

/**
 * The wait that Meta requests, in ms; null when it requests none.
 * Sources: RFC 9110 `retry-after` (seconds or a date); Meta, rate limiting,
 * `x-business-use-case-usage` → `estimated_time_to_regain_access` in minutes.
 */
export function waitAsked(headers: Headers, now: number): number | null {
  const waits = [retryAfter(headers['retry-after'], now), regainTime(headers)].filter(
    (wait) => wait !== null,
  );
  return waits.length === 0 ? null : Math.min(Math.max(...waits), LONGEST_WAIT_MS);
}

/** Seconds, also with a fraction, which RFC 9110 does not allow. */
const SECONDS = /^\d{1,15}(?:\.\d{1,15})?$/;
/** The three date formats of RFC 9110 start with a day of the week. */
const DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? [\w :-]{8,40}$/;

/** A past date or a negative number counts as none: Meta is throttling now. */
function retryAfter(value: string | readonly string[] | undefined, now: number): number | null {
  const asked = typeof value === 'string' ? value.trim() : '';
  if (SECONDS.test(asked)) return Number(asked) * 1000;
  const wait = DATE.test(asked) ? Date.parse(asked) - now : Number.NaN;
  return wait >= 0 ? wait : null;
}

/** In minutes, from the usage header. */
const REGAIN = /"estimated_time_to_regain_access"\s{0,8}:\s{0,8}(\d{1,9})/g;

function regainTime(headers: Headers): number | null {
  const raw = headers['x-business-use-case-usage'];
  if (typeof raw !== 'string') return null;
  let longest = 0;
  for (const match of raw.matchAll(REGAIN)) {
    longest = Math.max(longest, Number(match[1]) * MINUTE_MS);
  }
  return longest > 0 ? longest : null;
}

const HEADERS = ['x-app-usage', 'x-business-use-case-usage', 'x-ad-account-usage'] as const;

/** Members of these headers that are percentages, at any depth. */
const PERCENTAGE =
  /"(?:call_count|total_cputime|total_time|acc_id_util_pct)"\s{0,8}:\s{0,8}(\d{1,9}(?:\.\d{1,15})?)/g;

/**
 * The highest percentage of a rate limit in the usage headers of an answer; 0 where there are none.
 * Above 100, Meta throttles.
 * Source: Meta, Graph API, rate limiting, headers.
 */
export function usageOf(answer: GraphAnswer): number {
  if (answer.kind === 'unanswered') return 0;
  let highest = 0;
  for (const name of HEADERS) {
    const header = answer.headers[name];
    if (typeof header !== 'string') continue;
    for (const [, percentage] of header.matchAll(PERCENTAGE)) {
      highest = Math.max(highest, Number(percentage));
    }
  }
  return highest;
}
