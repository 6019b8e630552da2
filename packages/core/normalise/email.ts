import { lowerCase } from './letters.ts';
import type { Doubt, Normaliser } from './normaliser.ts';

const INVISIBLE = /[\u200b-\u200d\u2060\ufeff]/g;
const ADDRESS =
  /^[^\s@,;<>"\u200b-\u200d\u2060\ufeff]+@[^\s@,;<>"\u200b-\u200d\u2060\ufeff]+\.[^\s@,;<>".\u200b-\u200d\u2060\ufeff]+$/;
const LONGEST = 254;

const INVALID: Doubt = { value: null, code: 'invalid_email' };

/**
 * Lower case; what is no address is dropped, because its hash would match nobody.
 * Sources: Meta, `em`: "trim any leading and trailing spaces, convert all characters to lowercase";
 * RFC 5321 for the length.
 */
export const email: Normaliser = (value) => {
  const lower = lowerCase(value);
  if (isAddress(lower)) return lower;
  const visible = lower.replace(INVISIBLE, '');
  return isAddress(visible) ? visible : INVALID;
};

function isAddress(text: string): boolean {
  return text.length <= LONGEST && ADDRESS.test(text);
}
