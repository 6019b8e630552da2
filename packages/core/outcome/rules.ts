/** What a row of the tables requires; `tooLarge` is a rejection of the size alone. */
const CONSEQUENCES = ['retry', 'throttled', 'blocked', 'rejected', 'tooLarge'] as const;
export type Consequence = (typeof CONSEQUENCES)[number];

/** The document behind each row. */
const SOURCES = {
  errors: 'Meta, Graph API, error handling',
  securing: 'Meta, securing Graph API requests; integrators report the words',
  limits: 'Meta, Graph API, rate limits',
  marketing: 'Meta, Marketing API, rate limiting',
  capi: 'Meta, Conversions API, troubleshooting',
  messaging: 'Meta, Conversions API for business messaging; integrators report the subcode',
  using: 'Meta, Conversions API, using the API',
  versions: 'Meta, Graph API, versioning',
  http: 'RFC 9110, HTTP semantics',
  more: 'RFC 6585, additional HTTP status codes; RFC 8470, early data',
  ours: 'our decision: what is not documented is retried; a rejected request is bisected',
} as const;
type RuleSource = keyof typeof SOURCES;

/** A source in words. */
export function sourceOf(source: RuleSource): string {
  return SOURCES[source];
}

type Range = number | readonly [number, number];

/** One rule about Meta's error codes: inclusive ranges, the most specific row first. */
interface CodeRule {
  readonly code: Range;
  /** Null for any. */
  readonly subcode: number | null;
  /** How Meta's message begins; null for any message. */
  readonly says: readonly string[] | null;
  readonly consequence: Consequence;
  readonly meaning: string;
  readonly source: RuleSource;
}

/** One rule about HTTP statuses, which decide where no code does. */
type StatusRule = Omit<CodeRule, 'code' | 'subcode' | 'says'> & { readonly status: Range };

type Explained = [consequence: Consequence, meaning: string, source: RuleSource];
type CodeRow = [code: Range, subcode: number | null, ...Explained];
type StatusRow = [status: Range, ...Explained];

/**
 * An app can require a proof of its secret. The error has the code of an invalid parameter and no subcode,
 * so that only its words tell that the request is at fault, and no event. They are compared from their
 * start, where nothing of an event can be quoted.
 */
const APP_SECRET_PROOF: CodeRule = {
  code: 100,
  subcode: null,
  says: [
    'API calls from the server require an appsecret_proof argument',
    'Invalid appsecret_proof provided in the API argument',
  ],
  consequence: 'blocked',
  meaning: 'the app requires appsecret_proof, and the app secret is missing or wrong',
  source: 'securing',
};

/** Meta's error codes and what they require. The HTTP status decides about a code that is not here. */
export const CODE_RULES: readonly CodeRule[] = [
  APP_SECRET_PROOF,
  ...(
    [
      // code, or a range of codes; subcode, null for any; consequence; meaning; source
      [100, 33, 'blocked', 'the pixel does not exist, or the token has no access to it', 'errors'],
      [
        803,
        null,
        'blocked',
        'the pixel does not exist, or the token has no access to it',
        'errors',
      ],
      [100, 2_804_001, 'rejected', 'a parameter is malformed, such as fbc', 'capi'],
      [100, 2_804_003, 'rejected', 'the event is older than Meta accepts', 'capi'],
      [100, 2_804_004, 'rejected', 'the event is dated in the future', 'capi'],
      [100, 2_804_007, 'rejected', 'a parameter is bad or missing', 'capi'],
      [100, 2_804_009, 'rejected', 'a Purchase lacks its value', 'capi'],
      [100, 2_804_010, 'rejected', 'a Purchase lacks its currency', 'capi'],
      [100, 2_804_014, 'rejected', 'a parameter is bad or missing', 'capi'],
      [100, 2_804_016, 'rejected', 'a parameter of user_data is not hashed', 'capi'],
      [100, 2_804_017, 'rejected', 'a parameter is bad or missing', 'capi'],
      [100, 2_804_019, 'rejected', 'a parameter is missing', 'capi'],
      [100, 2_804_048, 'rejected', 'a parameter is bad or missing', 'capi'],
      [100, 2_804_050, 'rejected', 'not enough customer information', 'capi'],
      [100, 2_804_063, 'rejected', 'business messaging without its channel', 'messaging'],
      [100, 2_804_066, 'rejected', 'a name that business messaging does not know', 'messaging'],
      [100, 2_804_069, 'rejected', 'business messaging without its page', 'messaging'],
      [100, 2_804_116, 'rejected', 'a WhatsApp event without its account', 'messaging'],
      [100, null, 'rejected', 'a parameter is invalid', 'errors'],
      [105, null, 'tooLarge', 'too many parameters', 'errors'],
      [1, null, 'retry', 'an unknown error of Meta', 'errors'],
      [2, null, 'retry', 'the service is temporarily unavailable', 'errors'],
      [5000, null, 'retry', 'an unknown error of Meta', 'capi'],
      [21_009, null, 'retry', 'the pixel could not be read at the moment', 'capi'],
      [4, null, 'throttled', 'rate limit of the application', 'limits'],
      [17, null, 'throttled', 'rate limit of the user', 'limits'],
      [32, null, 'throttled', 'rate limit of the page', 'limits'],
      [341, null, 'throttled', 'limit of the application', 'errors'],
      [613, null, 'throttled', 'a custom rate limit', 'marketing'],
      [[80_000, 80_014], null, 'throttled', 'rate limit of a business use case', 'marketing'],
      [3, null, 'blocked', 'the application may not do this', 'errors'],
      [10, null, 'blocked', 'a permission is missing', 'errors'],
      [102, null, 'blocked', 'the session of the token has ended', 'errors'],
      [104, null, 'blocked', 'no token was sent', 'errors'],
      [
        190,
        null,
        'blocked',
        'the token expired, was revoked or is wrong (subcodes 458, 459, 460, 463, 464, 467, 492 say which)',
        'errors',
      ],
      [[200, 299], null, 'blocked', 'a permission is missing', 'errors'],
      [368, null, 'blocked', 'temporarily blocked by policy', 'errors'],
      [2500, null, 'blocked', 'the path of the request is wrong', 'errors'],
      [2635, null, 'blocked', 'the API version is no longer served', 'versions'],
    ] satisfies CodeRow[]
  ).map(([code, subcode, consequence, meaning, source]) => ({
    code,
    subcode,
    says: null,
    consequence,
    meaning,
    source,
  })),
];

/** HTTP statuses and what they require. A status that is not here is retried. */
export const STATUS_RULES: readonly StatusRule[] = (
  [
    // status, or a range of them; consequence; meaning; source
    [
      [200, 299],
      'retry',
      'a success without `events_received`, or HTML, or nothing: not an answer of Meta',
      'using',
    ],
    [
      [300, 399],
      'retry',
      'a redirect, which is not followed: it would send the token elsewhere',
      'http',
    ],
    [401, 'blocked', 'the token is not accepted', 'http'],
    [403, 'blocked', 'a permission is missing', 'http'],
    [404, 'blocked', 'the path or the pixel is wrong', 'http'],
    [405, 'blocked', 'the URL accepts no events', 'http'],
    [407, 'blocked', 'a proxy requires authentication', 'http'],
    [408, 'retry', 'the request took too long to arrive', 'http'],
    [410, 'blocked', 'the URL no longer exists', 'http'],
    [413, 'tooLarge', 'the body is too large', 'http'],
    [421, 'retry', 'the connection ended at the wrong server', 'http'],
    [425, 'retry', 'too early', 'more'],
    [429, 'throttled', 'too many requests', 'more'],
    [[400, 499], 'rejected', 'the request is rejected for a reason that no row lists', 'ours'],
    [[500, 599], 'retry', 'an error of Meta or of a gateway', 'http'],
  ] satisfies StatusRow[]
).map(([status, consequence, meaning, source]) => ({ status, consequence, meaning, source }));

/** The rule about an error code of Meta; undefined where no row has it. */
export function ruleForCode(error: CodedError): CodeRule | undefined {
  const { code, subcode, message } = error;
  if (code === null) return undefined;
  return CODE_RULES.find(
    (rule) =>
      within(code, rule.code) &&
      (rule.subcode === null || rule.subcode === subcode) &&
      (rule.says === null || rule.says.some((words) => message.startsWith(words))),
  );
}

/** What the rules about codes look at. */
interface CodedError {
  readonly code: number | null;
  readonly subcode: number | null;
  readonly message: string;
}

/** The rule about an HTTP status; undefined where no row has it. */
export function ruleForStatus(status: number): StatusRule | undefined {
  return STATUS_RULES.find((rule) => within(status, rule.status));
}

function within(value: number, range: Range): boolean {
  return typeof range === 'number' ? value === range : value >= range[0] && value <= range[1];
}
