import { COUNTRY_ALIASES, COUNTRY_CODES } from './country-codes.ts';
import { letters } from './letters.ts';
import type { Doubt, Normaliser } from './normaliser.ts';

/** Languages in which country names are known, the first ones first where two disagree. */
const LANGUAGES = 'en de fr es it pt nl pl tr sv da nb fi cs hu ro el ru uk ja ko zh ar he'.split(
  ' ',
);

const INVALID: Doubt = { value: null, code: 'invalid_country' };

let names: ReadonlyMap<string, string> | null = null;

/**
 * ISO 3166-1 alpha-2 in lower case, from a code of two or three letters or from a name.
 * Source: Meta, `country`: "the lowercase, 2-letter country codes in ISO 3166-1 alpha-2".
 */
export const country: Normaliser = (value) => countryOf(value) ?? INVALID;

/** The same for whoever asks whether it is one. */
export function countryOf(value: string): string | null {
  const lower = value.toLowerCase();
  const code = COUNTRY_CODES.get(lower);
  if (code !== undefined) return code;
  const name = letters(value);
  names ??= namesOfCountries();
  return COUNTRY_CODES.get(name) ?? names.get(name) ?? names.get(withoutArticle(name)) ?? null;
}

/** `Netherlands (the)`, `The Gambia`. */
function withoutArticle(name: string): string {
  return name.replace(/^the|the$/g, '');
}

/** Name without punctuation → code. Source: Unicode CLDR, by way of Intl.DisplayNames. */
function namesOfCountries(): ReadonlyMap<string, string> {
  const known = new Map<string, string>(COUNTRY_ALIASES);
  const codes = new Set(COUNTRY_CODES.values());
  for (const language of LANGUAGES) {
    const display = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' });
    for (const code of codes) {
      for (const name of spellings(display.of(code.toUpperCase()) ?? '')) {
        if (name !== '' && !known.has(name)) known.set(name, code);
      }
    }
  }
  return known;
}

function spellings(name: string): string[] {
  const long = name.replaceAll('&', 'and').replaceAll('St.', 'Saint');
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '');
  return [name, long, plain].map(letters);
}
