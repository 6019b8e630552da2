/** Any JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Where inside a server event something is wrong: `['user_data', 'em', 0]`. */
export type FaultPath = readonly (string | number)[];

/**
 * One reason for refusing a request; the answer may tell only a part of it.
 *
 * - `parameter`: a value of the wrong type or form; the answer names its place.
 * - `key`: a key that does not belong there; the answer names its place.
 * - `listed`: one of Meta's numbered rules (`error_subcode`); the answer does not name the event.
 * - `body`: about the request as a whole.
 */
export type Fault =
  | { readonly kind: 'parameter'; readonly path: FaultPath; readonly problem: string }
  | { readonly kind: 'key'; readonly path: FaultPath; readonly key: string }
  | {
      readonly kind: 'listed';
      readonly subcode: number;
      readonly title: string;
      readonly explanation: string;
    }
  | { readonly kind: 'body'; readonly problem: string };

/** Which faults name the event they are about: those that Meta's do, all, or none. */
export type IndexShown = 'some' | 'always' | 'never';

const LONGEST_KEY = 60;

export function parameterFault(path: FaultPath, problem: string): Fault {
  return { kind: 'parameter', path, problem };
}

export function keyFault(path: FaultPath, key: string): Fault {
  return { kind: 'key', path, key };
}

export function bodyFault(problem: string): Fault {
  return { kind: 'body', problem };
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The `message` of the error envelope, in the two forms that Meta uses:
 * `(#100) Param $['data'][0]['event_time'] must be an integer.` and a bare `Invalid parameter`.
 *
 * @param index position in `data` of the event at fault; null when it is the request
 */
export function messageOf(fault: Fault, index: number | null, shown: IndexShown): string {
  if (fault.kind === 'body') return `(#100) ${fault.problem}`;
  if (index === null || shown === 'never') return 'Invalid parameter';
  if (fault.kind === 'listed') {
    return shown === 'always' ? `Invalid parameter: ${place(index, [])}` : 'Invalid parameter';
  }
  const where = place(index, fault.path);
  return fault.kind === 'key'
    ? `(#100) Unexpected key "${fault.key.slice(0, LONGEST_KEY)}" on param "${where}".`
    : `(#100) Param ${where} ${fault.problem}.`;
}

function place(index: number, path: FaultPath): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `['${step}']`));
  return `$['data'][${index}]${steps.join('')}`;
}

function listed(subcode: number, title: string, explanation: string): Fault {
  return { kind: 'listed', subcode, title, explanation };
}

/** Numbered refusals that say the same for every event. Source: Meta, troubleshooting. */
export const TOO_OLD = listed(
  2804003,
  'Event Timestamp Too Old',
  'This event happened too long ago: website events must arrive within 7 days of their event_time.',
);

export const TOO_OLD_IN_STORE = listed(
  2804003,
  'Event Timestamp Too Old',
  'This event happened too long ago: physical_store events must arrive within 62 days of their event_time.',
);

export const IN_FUTURE = listed(
  2804004,
  'Event Timestamp In The Future',
  'The event_time of this event lies in the future. It is Unix time in seconds, in GMT.',
);

export const PURCHASE_WITHOUT_VALUE = listed(
  2804009,
  'Missing Value For Purchase Event',
  'A Purchase event needs a numeric value in custom_data.',
);

export const PURCHASE_WITHOUT_CURRENCY = listed(
  2804010,
  'Missing Currency For Purchase Event',
  'A Purchase event needs an ISO 4217 currency in custom_data.',
);

export const NOT_ENOUGH_CUSTOMER_INFORMATION = listed(
  2804050,
  'Not Enough Customer Information',
  'This event has no customer information parameters, or a combination so broad that it is unlikely to match anyone. Add more of them.',
);

/**
 * Refusals of business messaging. Meta's pages have no list of them: integrators report these answers,
 * such as https://github.com/facebook/facebook-nodejs-business-sdk/issues/305.
 */
export const MISSING_CHANNEL = listed(
  2804063,
  'Missing Messaging Channel Parameter',
  'An event with action_source business_messaging needs messaging_channel: messenger, whatsapp or instagram.',
);

export const INVALID_MESSAGING_EVENT = listed(
  2804066,
  'Messaging Event Invalid Event Type',
  'This event_name is not accepted for action_source business_messaging.',
);

export const MISSING_PAGE_ID = listed(
  2804069,
  'Missing Page ID For Messaging Event',
  'A messaging event needs page_id in user_data.',
);

export const MISSING_WHATSAPP_ACCOUNT = listed(
  2804116,
  'Missing WhatsApp Business Account ID',
  'A WhatsApp event needs whatsapp_business_account_id in user_data.',
);

/** A required field is absent. Source: Meta, server event parameters. */
export function missing(field: string): Fault {
  return listed(
    2804019,
    'Server Side Api Parameter Error',
    `Server Side Api Parameter Error: ${field} is required`,
  );
}

/** Source: Meta, fbp and fbc parameters. */
export function malformedClickId(field: string): Fault {
  return listed(
    2804001,
    `Malformed ${field} Parameter`,
    `The ${field} parameter doesn't have the form fb.subdomainIndex.creationTime.${field === 'fbc' ? 'fbclid' : 'randomNumber'}, with the creation time in milliseconds.`,
  );
}

/** Source: Meta, customer information parameters: "hashing required". */
export function notHashed(field: string): Fault {
  return listed(
    2804016,
    'Customer Information Parameter Not Hashed',
    `The ${field} parameter isn't hashed with SHA-256. Send 64 lower-case hexadecimal characters.`,
  );
}
