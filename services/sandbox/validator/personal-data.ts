import { type Fault, type JsonObject, parameterFault } from './fault.ts';

/** An address; `logo@2x.png` is none. */
const EMAIL = /[\p{L}\p{N}._%+'-]@(?!\dx\.)(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2}/u;
const SEPARATORS = /[\s_.-]/g;
const DEEPEST = 8;

/** Keys, without separators and in lower case, that can hold nothing but a person's data. */
const PERSONAL_KEYS: ReadonlySet<string> = new Set([
  'email',
  'emailaddress',
  'phone',
  'phonenumber',
  'mobilephone',
  'firstname',
  'lastname',
  'fullname',
  'birthday',
  'birthdate',
  'dateofbirth',
  'streetaddress',
  'creditcard',
  'creditcardnumber',
  'cardnumber',
  'iban',
  'ssn',
  'socialsecuritynumber',
  'passport',
  'passportnumber',
  'password',
]);

/** Results by key, since the same few keys come with every event. */
const isPersonalByKey = new Map<string, boolean>();
const MOST_KEYS = 10_000;

/**
 * Personal data in clear text is forbidden in custom_data.
 * Source: Meta, business tools terms and custom data parameters. Meta's own detection is not
 * public: this looks for telling keys and for e-mail addresses, and its answer has no subcode.
 */
export function personalData(event: JsonObject): Fault | null {
  const finding = search(event['custom_data'], 0);
  if (finding === null) return null;
  return parameterFault(['custom_data', ...finding.path], finding.problem);
}

/** The path is built on the way back, so that clean events cost nothing. */
interface Finding {
  readonly path: (string | number)[];
  readonly problem: string;
}

function search(value: unknown, depth: number): Finding | null {
  if (typeof value === 'string') {
    if (!value.includes('@') || !EMAIL.test(value)) return null;
    return { path: [], problem: 'must not contain an e-mail address in clear text' };
  }
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return null;
  return Array.isArray(value)
    ? searchItems(value, depth)
    : searchFields(value as JsonObject, depth);
}

function searchItems(items: readonly unknown[], depth: number): Finding | null {
  for (let at = 0; at < items.length; at++) {
    const finding = search(items[at], depth + 1);
    if (finding !== null) return within(at, finding);
  }
  return null;
}

function searchFields(fields: JsonObject, depth: number): Finding | null {
  for (const key in fields) {
    if (isPersonalKey(key)) return { path: [key], problem: 'must not carry personal data' };
    const value = fields[key];
    if (typeof value === 'number') continue;
    const finding = search(value, depth + 1);
    if (finding !== null) return within(key, finding);
  }
  return null;
}

function within(step: string | number, { path, problem }: Finding): Finding {
  return { path: [step, ...path], problem };
}

function isPersonalKey(key: string): boolean {
  const known = isPersonalByKey.get(key);
  if (known !== undefined) return known;
  const personal = PERSONAL_KEYS.has(key.replace(SEPARATORS, '').toLowerCase());
  if (isPersonalByKey.size < MOST_KEYS) isPersonalByKey.set(key, personal);
  return personal;
}
