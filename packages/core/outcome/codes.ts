/** What a row of the table asks for; `tooLarge` is a rejection that only size explains. */
export const CONSEQUENCES = ['retry', 'throttled', 'blocked', 'rejected', 'tooLarge'] as const;
export type Consequence = (typeof CONSEQUENCES)[number];

/** Where what a row says is said. */
const SOURCES = {
  errors: 'Meta, Graph API, error handling',
  limits: 'Meta, Graph API, rate limits',
  marketing: 'Meta, Marketing API, rate limiting',
  capi: 'Meta, Conversions API, troubleshooting',
  using: 'Meta, Conversions API, using the API',
  versions: 'Meta, Graph API, versioning',
  http: 'RFC 9110, HTTP semantics',
  more: 'RFC 6585, additional HTTP status codes; RFC 8470, early data',
  ours: 'our decision: what nobody documents is tried again, or isolated where it is a request that is refused',
} as const;
export type RuleSource = keyof typeof SOURCES;

/** A source in words. */
export function sourceOf(source: RuleSource): string {
  return SOURCES[source];
}

/** One rule about Meta's error codes: inclusive ranges, the most specific row first. */
export interface CodeRule {
  readonly code: number | readonly [number, number];
  readonly subcode?: number;
  readonly consequence: Consequence;
  readonly meaning: string;
  readonly source: RuleSource;
}

/** One rule about HTTP statuses, which decide where no code does. */
export interface StatusRule {
  readonly status: number | readonly [number, number];
  readonly consequence: Consequence;
  readonly meaning: string;
  readonly source: RuleSource;
}
