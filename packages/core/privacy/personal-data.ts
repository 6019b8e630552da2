import { withoutInvisible } from '../text/invisible.ts';

/**
 * Meta forbids personal data outside the hashed fields. Its own detection is not public; this one uses
 * the names of properties and the form of e-mail addresses.
 * Sources: Meta, business tools terms ("contact information" only hashed); Meta, custom data
 * parameters.
 */

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Names of personal data anywhere, in lower case without separators. */
const PERSONAL = words(`
  email emails emailaddress mail mailaddress phone phones phonenumber phonenumbers telephone
  telephonenumber tel mobile mobilenumber mobilephone cellphone whatsapp whatsappnumber fax faxnumber
  firstname lastname fullname middlename givenname familyname surname forename maidenname nickname
  username screenname personname birthday birthdate dateofbirth dob birthyear
  address address1 address2 addressline addressline1 addressline2 street street1 street2
  streetaddress streetname streetnumber housenumber postaladdress postalcode postcode zip zipcode
  ip ipaddress clientip clientipaddress remoteip useragent clientuseragent
  password passwd passphrase ssn socialsecurity socialsecuritynumber nationalid nationalidnumber
  identitynumber personalnumber taxid taxnumber passport passportnumber driverlicense driverslicense
  driverslicensenumber licenseplate creditcard creditcardnumber cardnumber cardholder cardholdername
  cvv cvc iban bic bankaccount bankaccountnumber accountnumber routingnumber
  em ph fn ln ge db`);

/** Names of personal data only after a word for a person or an address: `customer_name`. */
const PERSONAL_OF_A_PERSON = words(`
  name names city town state province region county country gender sex age contact latitude
  longitude geolocation location signature`);

const PERSON =
  /^(?:user|customer|client|buyer|purchaser|shopper|member|subscriber|visitor|contact|person|lead|guest|owner|recipient|sender|receiver|payer|account|shipping|shipto|ship|billing|billto|bill|delivery|mailing|postal|invoice|home|work|primary|secondary|alternate|alternative|my|your)/;

const SEPARATORS = /[^\p{L}\p{N}]+/gu;
const LONGEST_NAME = 64;

/** The form in which names are compared. */
function bare(name: string): string {
  return name.slice(0, LONGEST_NAME).replace(SEPARATORS, '').toLowerCase();
}

/** True for the name of a personal property: `customer_email`, `firstName`. */
export function isPersonalName(name: string): boolean {
  const whole = bare(name);
  if (PERSONAL.has(whole)) return true;
  let rest = whole;
  for (let person = PERSON.exec(rest); person !== null; person = PERSON.exec(rest)) {
    rest = rest.slice(person[0].length);
    if (PERSONAL.has(rest) || PERSONAL_OF_A_PERSON.has(rest)) return true;
  }
  return false;
}

/**
 * A name in the form in which names are compared, and without the words for a person before it:
 * `customer_home_phone` is also `homephone` and `phone`.
 */
export function namesWithin(name: string): string[] {
  const names = [bare(name)];
  let rest = names[0] ?? '';
  for (let person = PERSON.exec(rest); person !== null; person = PERSON.exec(rest)) {
    rest = rest.slice(person[0].length);
    names.push(rest);
  }
  return names;
}

/** True for a name of a person or an address, which makes more of its members personal. */
export function isPerson(name: string): boolean {
  const whole = bare(name);
  return PERSON.exec(whole)?.[0] === whole;
}

/** Replaces an e-mail address or another personal value. */
export const REMOVED = '_removed_';

// Starts only where a run of these characters starts: starting at each would take hours.
const EMAIL = /(?<![\p{L}\p{N}._%+'-])(?:[\p{L}\p{N}._%+'-]+@)+[\p{L}\p{N}.-]{1,255}/gu;

/** The text with each e-mail address replaced. */
export function withoutEmails(text: string): string {
  return holdsEmail(text) ? withoutInvisible(text).replace(EMAIL, REMOVED) : text;
}

const LOCAL_PART_END = /[\p{L}\p{N}._%+'-]$/u;
const DOMAIN = /^(?:[\p{L}\p{N}-]{1,63}\.){1,8}(\p{L}{2,63})/u;
const IMAGE_TYPES = new Set(['png', 'jpg', 'jpeg', 'gif', 'webp', 'svg', 'avif']);
const DENSITY = /^\dx\./;
const LONGEST_DOMAIN = 255;

/** True when a text holds an e-mail address, also with invisible characters in it. */
export function holdsEmail(text: string): boolean {
  return text.includes('@') && showsEmail(withoutInvisible(text));
}

/**
 * `logo@2x.png` is no address. Every look is short, so that no text, however long or strange, takes long.
 */
function showsEmail(text: string): boolean {
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    if (at === 0 || !LOCAL_PART_END.test(text.slice(Math.max(0, at - 2), at))) continue;
    const domain = text.slice(at + 1, at + 1 + LONGEST_DOMAIN);
    const top = DOMAIN.exec(domain)?.[1];
    if (top === undefined) continue;
    if (!(DENSITY.test(domain) && IMAGE_TYPES.has(top.toLowerCase()))) return true;
  }
  return false;
}
