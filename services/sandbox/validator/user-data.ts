import { isIP } from 'node:net';
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

type Check = (value: unknown, field: string) => Fault | null;

/** Four parts; the parameter builder adds a fifth. Source: Meta, fbp and fbc parameters. */
const FBC = /^fb\.\d{1,2}\.\d{13}\.[^\s.]+(\.[\w-]+)?$/;
const FBP = /^fb\.\d{1,2}\.\d{13}\.\d+(\.[\w-]+)?$/;

function each(value: unknown, field: string, check: (one: string) => Fault | null): Fault | null {
  if (typeof value === 'string') return check(value);
  if (!Array.isArray(value)) return parameterFault(['user_data', field], 'must be a string');
  for (let at = 0; at < value.length; at++) {
    const one: unknown = value[at];
    if (typeof one !== 'string')
      return parameterFault(['user_data', field, at], 'must be a string');
    const fault = check(one);
    if (fault !== null) return fault;
  }
  return null;
}

const hashed: Check = (value, field) =>
  each(value, field, (one) => (isSha256(one) ? null : notHashed(field)));

const oneOrMore: Check = (value, field) =>
  each(value, field, (one) =>
    one === '' ? parameterFault(['user_data', field], 'must not be empty') : null,
  );

const open: Check = (value, field) => {
  if (typeof value !== 'string' || value === '') {
    return parameterFault(['user_data', field], 'must be a non-empty string');
  }
  return isSha256(value) ? parameterFault(['user_data', field], 'must not be hashed') : null;
};

const number: Check = (value, field) =>
  Number.isSafeInteger(value) || (typeof value === 'string' && /^\d+$/.test(value))
    ? null
    : parameterFault(['user_data', field], 'must be an integer');

const address: Check = (value, field) => {
  const fault = open(value, field);
  if (fault !== null || isIP(value as string) !== 0) return fault;
  return parameterFault(['user_data', field], 'must be an IPv4 or IPv6 address');
};

function clickId(form: RegExp): Check {
  return (value, field) =>
    typeof value === 'string' && form.test(value) ? null : malformedClickId(field);
}

/** Source: Meta, customer information parameters: which are hashed, and which must never be. */
const FIELDS: ReadonlyMap<string, Check> = new Map([
  ['em', hashed],
  ['ph', hashed],
  ['fn', hashed],
  ['ln', hashed],
  ['ge', hashed],
  ['db', hashed],
  ['ct', hashed],
  ['st', hashed],
  ['zp', hashed],
  ['country', hashed],
  ['external_id', oneOrMore],
  ['client_ip_address', address],
  ['client_user_agent', open],
  ['fbc', clickId(FBC)],
  ['fbp', clickId(FBP)],
  ['subscription_id', open],
  ['fb_login_id', number],
  ['lead_id', number],
  ['anon_id', open],
  ['madid', open],
  ['page_id', open],
  ['page_scoped_user_id', open],
  ['ctwa_clid', open],
  ['ig_account_id', open],
  ['ig_sid', open],
  ['partner_id', open],
  ['partner_name', open],
  ['whatsapp_business_account_id', open],
]);

export function userData(event: JsonObject): Fault | null {
  const data = event['user_data'];
  if (data === undefined || data === null) return missing('user_data');
  if (!isJsonObject(data)) return parameterFault(['user_data'], 'must be an object');
  for (const field in data) {
    const check = FIELDS.get(field);
    if (check === undefined) return keyFault(['user_data'], field);
    const fault = check(data[field], field);
    if (fault !== null) return fault;
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

/** Fields about the business rather than the person. */
const OF_NOBODY: readonly string[] = [
  'page_id',
  'ig_account_id',
  'partner_id',
  'partner_name',
  'whatsapp_business_account_id',
];

const EVERY_COMBINATION = 2 ** TOO_BROAD.length - 1;

/** Field → one bit for each combination that contains it. */
const MEMBERSHIP: ReadonlyMap<string, number> = new Map([
  ...TOO_BROAD.flat().map((field) => [field, membershipOf(field)] as const),
  ...OF_NOBODY.map((field) => [field, EVERY_COMBINATION] as const),
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
