import type { HashedField } from '../event/server-event.ts';
import { type Draft, warn } from '../mapping/draft.ts';
import { lowerCase } from '../normalise/letters.ts';
import { exceptPlaceholders, type Normaliser } from '../normalise/normaliser.ts';
import { NORMALISERS } from '../normalise/normalisers.ts';
import { canonical } from '../normalise/personal-value.ts';
import { hashPersonal } from '../privacy/hash.ts';
import { namesWithin } from '../privacy/personal-data.ts';
import { MOST_VALUES } from '../user-data/fields.ts';

/** Names of properties, in lower case without separators, whose values Meta has a canonical form for. */
const FORMS: Readonly<Record<string, HashedField>> = {
  ...named('em', 'email emails emailaddress mail mailaddress'),
  ...named('ph', 'phone phonenumber telephone telephonenumber tel mobile mobilenumber mobilephone'),
  ...named('ph', 'cellphone whatsapp whatsappnumber'),
  ...named('fn', 'firstname givenname forename'),
  ...named('ln', 'lastname familyname surname'),
  ...named('db', 'birthday birthdate dateofbirth dob'),
  ...named('ge', 'gender'),
  ...named('ct', 'city town'),
  ...named('st', 'state province region'),
  ...named('zp', 'zip zipcode postalcode postcode'),
  ...named('country', 'country countrycode'),
};

function named(field: HashedField, names: string): Record<string, HashedField> {
  return Object.fromEntries([field, ...names.split(' ')].map((name) => [name, field]));
}

const otherwise: Normaliser = exceptPlaceholders(lowerCase);

/**
 * Sends a property as the SHA-256 of its normalised value: in Meta's canonical form where its name says
 * which (`customer_email`), otherwise trimmed and in lower case. A list is sent as hashes, each once.
 *
 * The canonical forms are those of `user_data`, so that the hash is the one that Meta has of the person.
 * Sources: Meta, Business Tools Terms, 1.a.i: "hash Contact Information in a manner specified by us"
 * (https://www.facebook.com/legal/businesstech), and customer information parameters; RudderStack,
 * `blacklistPiiHash`
 * (https://github.com/rudderlabs/rudder-integrations-config/blob/develop/src/configurations/destinations/facebook_conversions/schema.json).
 */
export function hashedProperty(
  property: string,
): (draft: Draft, _: string, value: unknown) => void {
  const field = namesWithin(property)
    .map((name) => (Object.hasOwn(FORMS, name) ? FORMS[name] : undefined))
    .find((found) => found !== undefined);
  const normalise = field === undefined ? otherwise : NORMALISERS[field];
  const path = `properties.${property}`;
  return (draft, _, value) => {
    const hashes = new Set<string>();
    for (const each of Array.isArray(value) ? value.slice(0, MOST_VALUES) : [value]) {
      const found = canonical(normalise, each, draft);
      if (typeof found !== 'string') warn(draft, found.code, path);
      const text = typeof found === 'string' ? found : (found.value ?? '');
      if (text !== '') hashes.add(hashPersonal(text));
    }
    if (Array.isArray(value) && value.length > MOST_VALUES) warn(draft, 'too_many_values', path);
    const [first] = hashes;
    if (first === undefined) return;
    draft.custom[property] = Array.isArray(value) ? [...hashes] : first;
    draft.trace?.(`custom_data.${property}`, `${path}, hashed`);
  };
}
