import type { PersonalFields } from '../event/server-event.ts';

/**
 * Meta rejects an event that has no field outside one of these combinations. Exactly Meta's list;
 * anything else is for Meta to judge.
 * Source: Meta, Conversions API, best practices, "Baseline requirements for matching".
 */
const TOO_BROAD: readonly (readonly string[])[] = [
  ['ct', 'country', 'st', 'zp', 'ge', 'client_user_agent'],
  ['db', 'client_user_agent'],
  ['fn', 'ge'],
  ['ln', 'ge'],
];

/** Fields about a business or a partner rather than the person. */
export const NOT_PERSONAL: readonly string[] = [
  'page_id',
  'ig_account_id',
  'whatsapp_business_account_id',
  'instagram_business_account_id',
  'partner_id',
  'partner_name',
];

const ALL = 2 ** TOO_BROAD.length - 1;

/** Field → a bit for each combination that it belongs to. */
const BITS: ReadonlyMap<string, number> = new Map([
  ...TOO_BROAD.flat().map((field) => [field, bitsOf(field)] as const),
  ...NOT_PERSONAL.map((field) => [field, ALL] as const),
]);

function bitsOf(field: string): number {
  let bits = 0;
  for (const [at, fields] of TOO_BROAD.entries()) if (fields.includes(field)) bits |= 1 << at;
  return bits;
}

/** True when an event has too little user data for Meta, or none. */
export function isTooBroad(
  personal: PersonalFields,
  user: Readonly<Record<string, unknown>>,
): boolean {
  if (personal.external_id !== undefined || personal.em !== undefined) return false;
  let within = ALL;
  for (const field in personal) within &= BITS.get(field) ?? 0;
  for (const field in user) within &= BITS.get(field) ?? 0;
  return within !== 0;
}
