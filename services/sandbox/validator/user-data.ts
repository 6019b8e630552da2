import { isIP } from 'node:net';
import { type FieldCheck, filledString, must, string, within } from './checks.ts';
import {
  type Fault,
  isJsonObject,
  type JsonObject,
  keyFault,
  malformedClickId,
  missing,
  NOT_ENOUGH_CUSTOMER_INFORMATION,
  notHashed,
  parameterFault,
} from './fault.ts';

/** Four parts; the parameter builder adds a fifth. Source: Meta, fbp and fbc parameters. */
const FBC = /^fb\.\d{1,2}\.\d{13}\.[^\s.]+(\.[\w-]+)?$/;
const FBP = /^fb\.\d{1,2}\.\d{13}\.\d+(\.[\w-]+)?$/;

/** One string or several; a fault of one is told of the field. */
function each(check: (one: string, field: string) => Fault | null): FieldCheck {
  return (value, field) => {
    if (!Array.isArray(value)) return string(value, field) ?? check(value as string, field);
    for (let at = 0; at < value.length; at++) {
      const fault = within(at, string(value[at], field)) ?? check(value[at], field);
      if (fault !== null) return fault;
    }
    return null;
  };
}

const hashed = each((one, field) => (isSha256(one) ? null : notHashed(field)));
const oneOrMore = each(must('must not be empty', (one) => one !== ''));
const unhashed = must('must not be hashed', (value) => !isSha256(value as string));
const open: FieldCheck = (value, field) => filledString(value, field) ?? unhashed(value, field);
const wholeNumber = must(
  'must be an integer',
  (value) => Number.isSafeInteger(value) || (typeof value === 'string' && /^\d+$/.test(value)),
);
const isAddress = must('must be an IPv4 or IPv6 address', (value) => isIP(value as string) !== 0);
const address: FieldCheck = (value, field) => open(value, field) ?? isAddress(value, field);

function clickId(form: RegExp): FieldCheck {
  return (value, field) =>
    typeof value === 'string' && form.test(value) ? null : malformedClickId(field);
}

/** Fields about the business rather than the person. */
const OF_NOBODY = ['page_id', 'ig_account_id', 'partner_id', 'partner_name'] as const;
const ACCOUNTS = ['whatsapp_business_account_id', 'instagram_business_account_id'] as const;

/** Source: Meta, customer information parameters: which are hashed, and which must never be. */
const CHECKS: readonly (readonly [FieldCheck, ...string[]])[] = [
  [hashed, 'em', 'ph', 'fn', 'ln', 'ge', 'db', 'ct', 'st', 'zp', 'country'],
  [oneOrMore, 'external_id'],
  [address, 'client_ip_address'],
  [clickId(FBC), 'fbc'],
  [clickId(FBP), 'fbp'],
  [wholeNumber, 'fb_login_id', 'lead_id', ...ACCOUNTS],
  [open, 'client_user_agent', 'subscription_id', 'anon_id', 'madid', 'app_user_id'],
  [open, 'page_scoped_user_id', 'ctwa_clid', 'ig_sid', ...OF_NOBODY],
];

const FIELDS: ReadonlyMap<string, FieldCheck> = new Map(
  CHECKS.flatMap(([check, ...fields]) => fields.map((field) => [field, check] as const)),
);

export function userData(event: JsonObject): Fault | null {
  const data = event['user_data'];
  if (data === undefined || data === null) return missing('user_data');
  if (!isJsonObject(data)) return parameterFault(['user_data'], 'must be an object');
  for (const field in data) {
    const check = FIELDS.get(field);
    if (check === undefined) return keyFault(['user_data'], field);
    const fault = check(data[field], field);
    if (fault !== null) return within('user_data', within(field, fault));
  }
  return null;
}

/**
 * Combinations too broad to match anyone: an event with nothing beyond one of them is refused.
 * Source: Meta, best practices, baseline requirements for matching (since Graph API 13.0).
 */
const TOO_BROAD: readonly (readonly string[])[] = [
  ['ct', 'country', 'st', 'zp', 'ge', 'client_user_agent'],
  ['db', 'client_user_agent'],
  ['fn', 'ge'],
  ['ln', 'ge'],
];

const EVERY_COMBINATION = 2 ** TOO_BROAD.length - 1;

/** Field → one bit for each combination that contains it. */
const MEMBERSHIP: ReadonlyMap<string, number> = new Map([
  ...TOO_BROAD.flat().map((field) => [field, membershipOf(field)] as const),
  ...[...OF_NOBODY, ...ACCOUNTS].map((field) => [field, EVERY_COMBINATION] as const),
]);

function membershipOf(field: string): number {
  return TOO_BROAD.reduce(
    (bits, fields, at) => (fields.includes(field) ? bits | (1 << at) : bits),
    0,
  );
}

/** Enough is at least one field outside every combination that contains all the others. */
export function identity(event: JsonObject): Fault | null {
  const data = event['user_data'] as JsonObject;
  let within = EVERY_COMBINATION;
  for (const field in data) {
    const value = data[field];
    if (Array.isArray(value) && value.length === 0) continue;
    within &= MEMBERSHIP.get(field) ?? 0;
    if (within === 0) return null;
  }
  return NOT_ENOUGH_CUSTOMER_INFORMATION;
}

const scratch = Buffer.alloc(32);

/**
 * True for 64 lower-case hexadecimal characters.
 *
 * Decoding and encoding again says exactly that, and takes half the time of a regular expression;
 * decoding alone would let upper case and some non-ASCII characters pass.
 */
function isSha256(value: string): boolean {
  return (
    value.length === 64 && scratch.write(value, 'hex') === 32 && scratch.toString('hex') === value
  );
}
