import { letters } from './letters.ts';
import type { Normaliser } from './normaliser.ts';
import { REGION_CODES } from './region-codes.ts';

/** ISO 3166-2, as some address forms give it. */
const ISO_CODE = /^(?:us|ca)-[a-z]{2}$/i;
const ISO_CODE_LENGTH = 5;

/**
 * The two-letter code in the United States and in Canada, by code or by name; elsewhere, where Meta
 * has no codes, the letters of the name.
 * Sources: Meta, `st`: "the 2-character ANSI abbreviation code in lowercase", "normalize states
 * outside the U.S. in lowercase with no punctuation, no special characters, and no spaces"; Meta's
 * parameter builder for the provinces.
 */
export const region: Normaliser = (value, { country }) => {
  const isCode = value.length === ISO_CODE_LENGTH && ISO_CODE.test(value);
  const name = letters(isCode ? value.slice(-2) : value);
  return name.length === 2 ? name : (REGION_CODES.get(country ?? '')?.get(name) ?? name);
};
