import {
  type CountryCode,
  isSupportedCountry,
  Metadata,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/min/metadata';

/** What a country's numbering plan says, as far as most numbers need it. */
interface Plan {
  readonly callingCode: string;
  readonly pattern: RegExp;
  /** Of the calling code, which several countries may share. */
  readonly lengths: readonly number[];
  readonly trunkPrefix: RegExp | null;
  /** True where the prefix may take digits with it that must be put back in another form. */
  readonly rewrites: boolean;
  readonly internationalPrefix: RegExp;
}

/** The part of the library's numbering plan that its type declarations leave out. */
interface NumberingPlan {
  callingCode(): string;
  nationalNumberPattern(): string;
  possibleLengths(): readonly number[];
  nationalPrefixForParsing(): string | 0 | undefined;
  nationalPrefixTransformRule(): string | 0 | undefined;
  IDDPrefix(): string;
}

/** Digits behind a calling code from which on it is taken for one. */
const COMPLETE_FROM = 9;

const plans = new Map<string, Plan | null>();

/**
 * National digits completed with the calling code of a country; null when they are no number of
 * that country.
 *
 * It decides as the library does, in a tenth of the time, by the country's plan; what the plan
 * cannot decide alone is the library's: prefixes for calls abroad, digits that must be put in
 * another form, calling codes without a plus sign.
 *
 * @param digits ASCII digits
 * @param country alpha-2 in lower case
 */
export function completeNumber(digits: string, country: string): string | null {
  const plan = planOf(country);
  if (plan === null) return null;
  if (plan.internationalPrefix.test(digits)) return parsed(digits, country);
  const prefix = plan.trunkPrefix?.exec(digits) ?? null;
  if (prefix !== null && plan.rewrites && prefix.at(-1) !== undefined)
    return parsed(digits, country);
  const trunk = prefix?.[0].length ?? 0;
  if (trunk === 0 && isComplete(digits, plan)) return digits;
  const national = digits.slice(trunk);
  if (isNational(national, plan)) return plan.callingCode + national;
  if (isNational(digits, plan)) return plan.callingCode + digits;
  return parsed(digits, country);
}

/**
 * True when the calling code is there already, only without its plus sign. In countries whose
 * numbers vary in length (`4915112345678`) the digits may have the form of a national number too:
 * nobody writes one of that length without the prefix that is dialled inside the country.
 */
function isComplete(digits: string, plan: Plan): boolean {
  if (plan.trunkPrefix === null || !digits.startsWith(plan.callingCode)) return false;
  const national = digits.slice(plan.callingCode.length);
  return national.length >= COMPLETE_FROM && isNational(national, plan);
}

function isNational(digits: string, { pattern, lengths }: Plan): boolean {
  return lengths.includes(digits.length) && pattern.test(digits);
}

/** Digits that follow a plus sign, without a trunk prefix that does not belong there. */
export function internationalNumber(digits: string): string | null {
  return parsed(`+${digits}`, null);
}

function parsed(text: string, country: string | null): string | null {
  const options =
    country === null
      ? { extract: false }
      : { extract: false, defaultCountry: country.toUpperCase() as CountryCode };
  const number = parsePhoneNumberFromString(text, options, metadata);
  return number?.isPossible() === true ? number.number.slice(1) : null;
}

function planOf(country: string): Plan | null {
  const known = plans.get(country);
  if (known !== undefined) return known;
  const plan = readPlan(country.toUpperCase());
  plans.set(country, plan);
  return plan;
}

function readPlan(country: string): Plan | null {
  if (!isSupportedCountry(country as CountryCode, metadata)) return null;
  const plan = numberingPlan(country);
  const prefix = plan.nationalPrefixForParsing() || '';
  return {
    callingCode: plan.callingCode(),
    pattern: new RegExp(`^(?:${plan.nationalNumberPattern()})$`),
    lengths: numberingPlan(plan.callingCode()).possibleLengths(),
    trunkPrefix: prefix === '' ? null : new RegExp(`^(?:${prefix})`),
    rewrites: Boolean(plan.nationalPrefixTransformRule()),
    internationalPrefix: new RegExp(`^(?:${plan.IDDPrefix()})`),
  };
}

function numberingPlan(countryOrCallingCode: string): NumberingPlan {
  const reader = new Metadata(metadata);
  reader.selectNumberingPlan(countryOrCallingCode as CountryCode);
  return reader.numberingPlan as unknown as NumberingPlan;
}
