import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CountryCode, getCountries, parsePhoneNumberFromString } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/min/metadata';
import type { FlaggedValue } from '#core/normalise/normaliser.ts';
import { phone } from '#core/normalise/phone.ts';
import { completeNumber } from '#core/normalise/phone-plan.ts';

function normalised(value: string, country: string | null = null): string {
  const found = phone(value, { country, now: 0 });
  return typeof found === 'string' ? found : mark(found);
}

function mark({ value, code }: FlaggedValue): string {
  return value === null ? code : `${value}?`;
}

describe('with a plus sign or 00', () => {
  test.each([
    ['+16505551212', '16505551212'],
    ['+1 (650) 555-1212', '16505551212'],
    ['(+1) 650.555.1212', '16505551212'],
    ['tel:+1-650-555-1212', '16505551212'],
    ['＋１６５０５５５１２１２', '16505551212'],
    ['0044 20 7946 0000', '442079460000'],
    ['+44 (0)20 7946 0000', '442079460000'],
    ['+4402079460000', '442079460000'],
    ['+39 06 6982', '39066982'],
    ['+390669821234', '390669821234'],
    ['+49 151 12345678', '4915112345678'],
    ['+7 916 123-45-67', '79161234567'],
    ['+353 (0)86 123 4567', '353861234567'],
    ['+1 650 555 1212 ext. 5', '16505551212'],
    ['+1 650 555 1212 x55', '16505551212'],
    ['+1 650 555 1212;ext=5', '16505551212'],
    ['+999 1234567', '9991234567'],
    ['+0', 'invalid_phone'],
    ['+1234567890123456', 'invalid_phone'],
  ])('%s', (value, expected) => {
    expect(normalised(value)).toBe(expected);
    expect(normalised(value, 'de')).toBe(expected);
  });
});

describe('national, with a country', () => {
  test.each([
    ['(650) 555-1212', 'us', '16505551212'],
    ['1-650-555-1212', 'us', '16505551212'],
    ['16505551212', 'us', '16505551212'],
    ['011 44 20 7946 0000', 'us', '442079460000'],
    ['020 7946 0000', 'gb', '442079460000'],
    ['07911 123456', 'gb', '447911123456'],
    ['447911123456', 'gb', '447911123456'],
    ['0151 12345678', 'de', '4915112345678'],
    ['4915112345678', 'de', '4915112345678'],
    ['06 12 34 56 78', 'fr', '33612345678'],
    ['33612345678', 'fr', '33612345678'],
    ['333 1234567', 'it', '393331234567'],
    ['06 69812345', 'it', '390669812345'],
    ['11 98765-4321', 'br', '5511987654321'],
    ['0 11 15 1234-5678', 'ar', '5491112345678'],
    ['98765 43210', 'in', '919876543210'],
    ['91123 45678', 'in', '919112345678'],
    ['090-1234-5678', 'jp', '819012345678'],
    ['0412 345 678', 'au', '61412345678'],
    ['٠٥٥١٢٣٤٥٦٧', 'sa', '966551234567'],
    ['0532 123 45 67', 'tr', '905321234567'],
    ['8 (916) 123-45-67', 'ru', '79161234567'],
  ])('%s in %s', (value, country, expected) => {
    expect(normalised(value, country)).toBe(expected);
  });
});

describe('left as digits, with a doubt', () => {
  test.each<[string, string | null, string]>([
    ['(650) 555-1212', null, '6505551212?'],
    ['020 7946 0000', null, '2079460000?'],
    ['447911123456', 'us', '447911123456?'],
    ['5551234', 'us', '5551234?'],
    ['6505551212', 'aq', '6505551212?'],
  ])('%s in %s', (value, country, expected) => {
    expect(normalised(value, country)).toBe(expected);
  });
});

describe('no phone', () => {
  test.each(['n/a', '12', '1-800-FLOWERS', '000 000', '1'.repeat(16), '+', '-'])('%s', (value) => {
    expect(normalised(value)).toBe('invalid_phone');
  });
});

test('doing it twice changes nothing', () => {
  const countries = getCountries(metadata).map((country) => country.toLowerCase());
  fc.assert(
    fc.property(
      fc.stringMatching(/^\+?[0-9 ()-]{6,16}$/),
      fc.constantFrom(null, ...countries),
      (value, country) => {
        const once = phone(value, { country, now: 0 });
        if (typeof once !== 'string') return;
        const twice = phone(`+${once}`, { country, now: 0 });
        expect(twice).toBe(once);
      },
    ),
    { numRuns: 2000 },
  );
});

/** What the library makes of national digits, where it believes them. */
function fromLibrary(digits: string, country: string): string | null {
  const defaultCountry = country.toUpperCase() as CountryCode;
  const found = parsePhoneNumberFromString(digits, { defaultCountry, extract: false }, metadata);
  return found?.isPossible() === true ? found.number.slice(1) : null;
}

test("the quick way arrives where the library does, in every country's plan", () => {
  const countries = getCountries(metadata).map((country) => country.toLowerCase());
  fc.assert(
    fc.property(
      fc.constantFrom(...countries),
      fc.stringMatching(/^[0-9]{4,13}$/),
      (country, digits) => {
        const quick = completeNumber(digits, country);
        if (quick !== digits) expect(quick).toBe(fromLibrary(digits, country));
      },
    ),
    { numRuns: 5000 },
  );
});
