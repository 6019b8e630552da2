import { items, within } from './checks.ts';
import { type Fault, type JsonObject, parameterFault } from './fault.ts';

/** An address; `logo@2x.png` is none. */
const EMAIL = /[\p{L}\p{N}._%+'-]@(?!\dx\.)(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2}/u;
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const SEPARATORS = /[\s_.-]/g;
const DEEPEST = 8;
const HASH_LENGTH = 64;
const HASH = /^[0-9a-f]{64}$/;

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
  return within('custom_data', search(event['custom_data'], 0));
}

function search(value: unknown, depth: number): Fault | null {
  if (typeof value === 'string') {
    if (!value.includes('@') || !EMAIL.test(value.replace(INVISIBLE, ''))) return null;
    return parameterFault([], 'must not contain an e-mail address in clear text');
  }
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return null;
  if (Array.isArray(value)) return items(value, (item) => search(item, depth + 1));
  return searchFields(value as JsonObject, depth);
}

function searchFields(fields: JsonObject, depth: number): Fault | null {
  for (const key in fields) {
    const value = fields[key];
    if (isHashed(value)) continue;
    if (isPersonalKey(key)) return parameterFault([key], 'must not carry personal data');
    if (typeof value === 'number') continue;
    const fault = search(value, depth + 1);
    if (fault !== null) return within(key, fault);
  }
  return null;
}

/**
 * A SHA-256, or a list of them.
 * Source: Meta, Business Tools Terms, 1.h: no "Contact Information not hashed"
 * (https://www.facebook.com/legal/businesstech).
 */
function isHashed(value: unknown): boolean {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isHash = (item: unknown) =>
    typeof item === 'string' && item.length === HASH_LENGTH && HASH.test(item);
  return items.length > 0 && items.every(isHash);
}

function isPersonalKey(key: string): boolean {
  const known = isPersonalByKey.get(key);
  if (known !== undefined) return known;
  const personal = PERSONAL_KEYS.has(key.replace(SEPARATORS, '').toLowerCase());
  if (isPersonalByKey.size < MOST_KEYS) isPersonalByKey.set(key, personal);
  return personal;
}
