import {
  type CountryCode,
  isSupportedCountry,
  Metadata,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/min/metadata';

/** The part of a country's numbering plan that most numbers need. */
interface Plan {
  readonly callingCode: string;
  readonly pattern: RegExp;
  /** Possible lengths for the calling code, which several countries may share. */
  readonly lengths: readonly number[];
  readonly trunkPrefix: RegExp | null;
  /** True where digits after the prefix may have to be rewritten. */
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

/** With this many digits after it, a leading calling code counts as one. */
const COMPLETE_FROM = 9;

const plans = new Map<string, Plan | null>();

/**
 * National digits with the calling code of a country; null when they are not a number of that country.
 *
 * The country's plan decides as the library does, in a tenth of the time. The library decides what the
 * plan cannot: prefixes for calls abroad, digits that must be rewritten, calling codes without a plus
 * sign.
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
 * True when the digits start with the calling code, only without its plus sign. In countries whose
 * numbers vary in length (`4915112345678`), they may look like a national number too, but one of that
 * length is always written with the trunk prefix.
 */
function isComplete(digits: string, plan: Plan): boolean {
  if (plan.trunkPrefix === null || !digits.startsWith(plan.callingCode)) return false;
  const national = digits.slice(plan.callingCode.length);
  return national.length >= COMPLETE_FROM && isNational(national, plan);
}

function isNational(digits: string, { pattern, lengths }: Plan): boolean {
  return lengths.includes(digits.length) && pattern.test(digits);
}

/** The digits after a plus sign, without a misplaced trunk prefix. */
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
