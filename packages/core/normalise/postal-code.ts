import { isAscii, letters } from './letters.ts';
import type { FlaggedValue, Normaliser } from './normaliser.ts';

/** ZIP+4 without its dash. */
const ZIP_PLUS_4 = /^\d{9}$/;
/** With a dash of any kind, ZIP+4 is unique to the United States. */
const ZIP_DASH_4 = /^(\d{5}) ?\p{Pd} ?\d{4}$/u;
const ZIP_DASH_4_LENGTH = 10;
/** Three or four digits are five whose leading zeros were lost in a number; no code has fewer. */
const WITHOUT_ZEROS = /^\d{3,4}$/;
const ZIP_LENGTH = 5;
const LONGEST = 12;

const INVALID: FlaggedValue = { value: null, code: 'invalid_postal_code' };

/**
 * Letters and digits without spaces and dashes; five digits in the United States, with lost leading
 * zeros restored; the whole code in the United Kingdom (`m11ae`). Full-width digits, as in Japanese
 * forms, count as digits.
 * Source: Meta, `zp`: "lowercase with no spaces and no dash", "only the first 5 digits for U.S. zip
 * codes", "the area, district, and sector format for the UK".
 */
export const postalCode: Normaliser = (value, { country }) => {
  const text = isAscii(value) ? value : value.normalize('NFKC');
  if (country === null && text.length >= ZIP_DASH_4_LENGTH) {
    const zip = ZIP_DASH_4.exec(text)?.[1];
    if (zip !== undefined) return zip;
  }
  const code = letters(text);
  if (country === 'us') {
    if (ZIP_PLUS_4.test(code)) return code.slice(0, ZIP_LENGTH);
    if (WITHOUT_ZEROS.test(code)) return code.padStart(ZIP_LENGTH, '0');
  }
  return code.length > LONGEST ? INVALID : code;
};
