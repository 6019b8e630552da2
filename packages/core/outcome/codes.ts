/** What a row of the table asks for; `tooLarge` is a rejection that only size explains. */
export type Consequence = 'retry' | 'throttled' | 'blocked' | 'rejected' | 'tooLarge';

/** One rule about Meta's error codes: inclusive ranges, the most specific row first. */
export interface CodeRule {
  readonly code: number | readonly [number, number];
  readonly subcode?: number;
  readonly consequence: Consequence;
  readonly meaning: string;
}

/**
 * Meta's error codes and what they ask of us.
 * Sources: Meta, Graph API, error handling; Marketing API, rate limiting; Conversions API,
 * troubleshooting. A code that is not here is judged by its HTTP status.
 */
export const CODE_RULES: readonly CodeRule[] = [
  { code: 100, subcode: 33, consequence: 'blocked', meaning: 'pixel unknown, or unseen by token' },
  { code: 803, consequence: 'blocked', meaning: 'pixel unknown, or unseen by token' },
  { code: 100, consequence: 'rejected', meaning: 'invalid parameter' },
  { code: 105, consequence: 'tooLarge', meaning: 'too many parameters' },

  { code: 1, consequence: 'retry', meaning: 'unknown error on their side' },
  { code: 2, consequence: 'retry', meaning: 'service temporarily unavailable' },
  { code: 5000, consequence: 'retry', meaning: 'unknown error on their side' },
  { code: 21009, consequence: 'retry', meaning: 'the pixel could not be read just now' },

  { code: 4, consequence: 'throttled', meaning: "the application's rate limit" },
  { code: 17, consequence: 'throttled', meaning: "the user's rate limit" },
  { code: 32, consequence: 'throttled', meaning: "the page's rate limit" },
  { code: 341, consequence: 'throttled', meaning: "the application's limit" },
  { code: 613, consequence: 'throttled', meaning: 'a custom rate limit' },
  { code: [80_000, 80_014], consequence: 'throttled', meaning: 'a business use case rate limit' },

  { code: 3, consequence: 'blocked', meaning: 'the application may not do this' },
  { code: 10, consequence: 'blocked', meaning: 'permission missing' },
  { code: 102, consequence: 'blocked', meaning: 'the session of the token has ended' },
  { code: 190, consequence: 'blocked', meaning: 'the token expired or was revoked' },
  { code: [200, 299], consequence: 'blocked', meaning: 'permission missing' },
  { code: 368, consequence: 'blocked', meaning: 'blocked for a while by policy' },
  { code: 2500, consequence: 'blocked', meaning: 'the path of the request is wrong' },
  { code: 2635, consequence: 'blocked', meaning: 'the API version is no longer served' },
];

/** HTTP statuses that decide where no code does. Source: RFC 9110, RFC 6585. */
export const STATUS_RULES: readonly {
  readonly status: number | readonly [number, number];
  readonly consequence: Consequence;
}[] = [
  { status: 401, consequence: 'blocked' },
  { status: 403, consequence: 'blocked' },
  { status: 404, consequence: 'blocked' },
  { status: 408, consequence: 'retry' },
  { status: 413, consequence: 'tooLarge' },
  { status: 425, consequence: 'retry' },
  { status: 429, consequence: 'throttled' },
  { status: [400, 499], consequence: 'rejected' },
];
