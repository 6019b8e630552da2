import { onlyDigits } from './letters.ts';
import type { FlaggedValue, Normaliser } from './normaliser.ts';
import { completeNumber, internationalNumber } from './phone-plan.ts';

/** Country codes of two digits; 1 and 7 have one, all others three. Source: ITU-T E.164. */
const TWO_DIGIT_CODES = new Set(
  (
    '20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 ' +
    '65 66 81 82 84 86 90 91 92 93 94 95 98'
  ).split(' '),
);

/** The longest number of E.164, and the shortest that is worth hashing. */
const MOST_DIGITS = 15;
const FEWEST_DIGITS = 7;

const EXTENSION = /(?<![\s,;])[\s,;]*(?:\bext(?:ension)?\b|;ext=|[,;#]|\bx(?=[\s.]*\d)).{0,512}$/i;
const UNUSUAL = /[^\d\s()+./-]/;
const LEADING_ZEROS = /^0+/;
const DIGIT = /\p{Nd}/gu;
const ZERO = 0x30;
const PLUS = /^\D*\+/;

const INVALID: FlaggedValue = { value: null, code: 'invalid_phone' };

/**
 * The digits with the calling code.
 *
 * A number with a plus sign or 00 is international. Any other is completed for the country of the
 * address or the pixel's default country; where neither is known or the number does not belong to it,
 * the digits stay as they are.
 * Sources: Meta, `ph`: "remove symbols, letters, and any leading zeros", "must include a country
 * code"; ITU-T E.164 for the length.
 */
export const phone: Normaliser = (value, { country }) => {
  if (isInternational(value)) return whole(value.slice(1));
  const text = UNUSUAL.test(value) ? spelledOut(value) : value;
  const digits = onlyDigits(text);
  if (text.includes('+') && PLUS.test(text)) return whole(digits);
  if (digits.startsWith('00')) return whole(digits.slice(2));
  const full = country === null ? null : completeNumber(digits, country);
  const number = full === null ? INVALID : whole(full);
  return number === INVALID ? incomplete(digits) : number;
};

/** `+16505551212`, the format of E.164. */
function isInternational(value: string): boolean {
  if (value[0] !== '+') return false;
  for (let at = 1; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** Without an extension, with digits of other scripts as ASCII digits. */
function spelledOut(value: string): string {
  return value.normalize('NFKC').replace(EXTENSION, '').replace(DIGIT, asciiDigit);
}

/** Relies on Unicode: the ten digits of a script are consecutive. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? ZERO;
  if (code < 0x80) return digit;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String(code - zero);
}

/** A zero after the country code is usually a trunk prefix; in a few countries it belongs there. */
function whole(digits: string): string | FlaggedValue {
  let number = withoutZeros(digits);
  for (let before = ''; number[codeLength(number)] === '0' && number.length !== before.length; ) {
    before = number;
    number = internationalNumber(number) ?? number;
  }
  return isLikely(number) ? number : INVALID;
}

function codeLength(digits: string): number {
  if (digits[0] === '1' || digits[0] === '7') return 1;
  return TWO_DIGIT_CODES.has(digits.slice(0, 2)) ? 2 : 3;
}

function incomplete(digits: string): string | FlaggedValue {
  const value = withoutZeros(digits);
  return isLikely(value) ? { value, code: 'phone_without_country' } : INVALID;
}

function withoutZeros(digits: string): string {
  return digits[0] === '0' ? digits.replace(LEADING_ZEROS, '') : digits;
}

function isLikely(digits: string): boolean {
  return digits.length >= FEWEST_DIGITS && digits.length <= MOST_DIGITS;
}
