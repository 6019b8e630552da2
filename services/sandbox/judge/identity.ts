import type { Fault, Json } from './fault.ts';
import { NOT_ENOUGH_CUSTOMER_INFORMATION } from './listed-faults.ts';

/**
 * Combinations too broad to match anybody: an event with nothing beyond one of them is refused.
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
export function identity(event: Json): Fault | null {
  const data = event['user_data'] as Json;
  let within = EVERY_COMBINATION;
  for (const field in data) {
    const value = data[field];
    if (Array.isArray(value) && value.length === 0) continue;
    within &= MEMBERSHIP.get(field) ?? 0;
    if (within === 0) return null;
  }
  return NOT_ENOUGH_CUSTOMER_INFORMATION;
}
