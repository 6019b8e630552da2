import { withoutInvisible } from '../text/invisible.ts';
import { lowerCase } from './letters.ts';
import type { FlaggedValue, Normaliser } from './normaliser.ts';

/** Of a link. Source: RFC 6068. */
const SCHEME = /^mailto:/;
const ADDRESS = /^[^\s@,;<>"]+@[^\s@,;<>"]+\.[^\s@,;<>".]+$/;
const LONGEST = 254;

const AT = 0x40;
const DOT = 0x2e;

const INVALID: FlaggedValue = { value: null, code: 'invalid_email' };

/**
 * Lower case. What is not an address is dropped, because its hash would match no person.
 * Sources: Meta, `em`: "trim any leading and trailing spaces, convert all characters to lowercase";
 * RFC 5321 for the length.
 */
export const email: Normaliser = (value) => {
  const lower = lowerCase(value);
  if (lower.length <= LONGEST && isUsualAddress(lower)) return lower;
  const visible = withoutInvisible(lower).trim().replace(SCHEME, '');
  return visible.length <= LONGEST && ADDRESS.test(visible) ? visible : INVALID;
};

/** True for addresses of common characters only; the regular expression decides about others. */
function isUsualAddress(text: string): boolean {
  let at = -1;
  let dot = -1;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === AT) {
      if (at !== -1 || index === 0) return false;
      at = index;
    } else if (code === DOT) dot = index;
    else if (!isUsual(code)) return false;
  }
  return at !== -1 && dot > at + 1 && dot < text.length - 1;
}

/** Lower-case letters, digits and `+ - _`. */
function isUsual(code: number): boolean {
  if (code >= 0x61 && code <= 0x7a) return true;
  if (code >= 0x30 && code <= 0x39) return true;
  return code === 0x2b || code === 0x2d || code === 0x5f;
}
