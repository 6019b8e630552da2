import type { HashedField } from '../event/server-event.ts';
import { birthday } from './birthday.ts';
import { country } from './country.ts';
import { email } from './email.ts';
import { letters, lowerCase } from './letters.ts';
import type { FlaggedValue, Normaliser } from './normaliser.ts';
import { exceptPlaceholders, memoize, memoizeByCountry } from './normaliser.ts';
import { phone } from './phone.ts';
import { postalCode } from './postal-code.ts';
import { region } from './region.ts';

/**
 * Lower case only, so that browser and server agree.
 * Source: Meta, parameter builder, external id; `external_id`: "any unique ID from the advertiser".
 */
const externalId: Normaliser = lowerCase;

/** Words for the two values that Meta accepts. */
const GENDERS: ReadonlyMap<string, string> = new Map([
  ...'f female woman w weiblich frau femme mujer femenino'
    .split(' ')
    .map((word) => [word, 'f'] as const),
  ...'m male man männlich mann homme hombre masculino'
    .split(' ')
    .map((word) => [word, 'm'] as const),
]);

const UNSUPPORTED: FlaggedValue = { value: null, code: 'unsupported_gender' };

/** Source: Meta, `ge`: "gender in lowercase, either f or m". */
const gender: Normaliser = (value) => GENDERS.get(letters(value)) ?? UNSUPPORTED;

/**
 * First names, last names and cities.
 * Source: Meta, `fn`, `ln`: "lowercase only with no punctuation"; `ct`: "and no spaces". Spaces in
 * names go too, as they do in Meta's parameter builder and in Segment's destination.
 */
const name: Normaliser = letters;

/**
 * Hashed field → its normaliser. Each normaliser names its source; where sources disagree, Meta's
 * customer information page decides.
 */
export const NORMALISERS: Readonly<Record<HashedField, Normaliser>> = {
  em: email,
  ph: memoizeByCountry(phone),
  fn: memoize(exceptPlaceholders(name)),
  ln: memoize(exceptPlaceholders(name)),
  ge: gender,
  db: birthday,
  ct: memoize(exceptPlaceholders(name)),
  st: memoizeByCountry(exceptPlaceholders(region)),
  zp: memoizeByCountry(exceptPlaceholders(postalCode)),
  country: memoize(country),
  external_id: exceptPlaceholders(externalId),
};
