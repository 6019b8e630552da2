import { isAscii, lowerCase } from './letters.ts';
import type { Doubt, Normaliser } from './normaliser.ts';

const INVISIBLE = /[\u200b-\u200d\u2060\ufeff]/g;
const ADDRESS = /^[^\s@,;<>"]+@[^\s@,;<>"]+\.[^\s@,;<>".]+$/;
const LONGEST = 254;

const INVALID: Doubt = { value: null, code: 'invalid_email' };

/**
 * Lower case; what is no address is dropped, because its hash would match nobody.
 * Sources: Meta, `em`: "trim any leading and trailing spaces, convert all characters to lowercase";
 * RFC 5321 for the length.
 */
export const email: Normaliser = (value) => {
  const lower = lowerCase(value);
  const address = isAscii(lower) ? lower : lower.replace(INVISIBLE, '');
  return address.length <= LONGEST && ADDRESS.test(address) ? address : INVALID;
};
