import type { HashedField } from '../event/server-event.ts';
import { birthday } from './birthday.ts';
import { country } from './country.ts';
import { email } from './email.ts';
import { externalId } from './external-id.ts';
import { gender } from './gender.ts';
import { name } from './name.ts';
import type { Normaliser } from './normaliser.ts';
import { phone } from './phone.ts';
import { exceptPlaceholders } from './placeholder.ts';
import { postalCode } from './postal-code.ts';
import { region } from './region.ts';
import { remembering, rememberingByCountry } from './remembering.ts';

/**
 * Hashed field → how its values are made canonical. Each normaliser names its source; where the
 * sources disagree, Meta's customer information page decides.
 */
export const NORMALISERS: Readonly<Record<HashedField, Normaliser>> = {
  em: email,
  ph: rememberingByCountry(phone),
  fn: remembering(exceptPlaceholders(name)),
  ln: remembering(exceptPlaceholders(name)),
  ge: gender,
  db: birthday,
  ct: remembering(exceptPlaceholders(name)),
  st: rememberingByCountry(exceptPlaceholders(region)),
  zp: rememberingByCountry(exceptPlaceholders(postalCode)),
  country: remembering(country),
  external_id: exceptPlaceholders(externalId),
};
