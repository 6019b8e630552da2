import type { Answer } from './answer.ts';

const HEADERS = ['x-app-usage', 'x-business-use-case-usage', 'x-ad-account-usage'] as const;

/** Members of these headers that are percentages, wherever they stand in them. */
export const PERCENTAGE =
  /"(?:call_count|total_cputime|total_time|acc_id_util_pct)"\s{0,8}:\s{0,8}(\d{1,9}(?:\.\d{1,15})?)/g;

/**
 * How much of a rate limit is used up: the highest percentage that the usage headers of an answer
 * name, 0 where there are none. Above 100 Meta throttles.
 * Source: Meta, Graph API, rate limiting, headers.
 */
export function usageOf(answer: Answer): number {
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
