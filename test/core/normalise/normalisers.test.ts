import { describe, expect, test } from '@jest/globals';
import { HASHED_FIELDS, type HashedField } from '#core/event/server-event.ts';
import { NORMALISERS } from '#core/normalise/normalisers.ts';
import { canonical } from '#core/normalise/personal-value.ts';
import { hashPersonal } from '#core/privacy/hash.ts';

const NOW = Date.parse('2026-11-20T10:00:00Z');

/** The canonical form; in brackets the code of a doubt, with what is sent all the same. */
function normalised(field: HashedField, value: unknown, country: string | null = null): string {
  const found = canonical(NORMALISERS[field], value, { country, now: NOW });
  return typeof found === 'string' ? found : `${found.value ?? ''}[${found.code}]`;
}

test('every hashed field has its rule', () => {
  expect(Object.keys(NORMALISERS).toSorted()).toEqual([...HASHED_FIELDS].toSorted());
});

describe("Meta's published examples", () => {
  test.each<[HashedField, string, string | null, string]>([
    [
      'em',
      'John_Smith@gmail.com',
      null,
      '62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f',
    ],
    [
      'ph',
      '(650)555-1212',
      'us',
      'e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176',
    ],
    ['fn', 'Mary', null, '6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec'],
    ['fn', '정', null, '8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14'],
    ['fn', 'Valéry', null, '08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c'],
    ['ge', 'm', null, '62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a'],
  ])('%s %s', (field, value, country, hash) => {
    expect(hashPersonal(normalised(field, value, country))).toBe(hash);
  });
});

describe('em', () => {
  test.each([
    [' John_Smith@Gmail.com ', 'john_smith@gmail.com'],
    ['jo+tag@example.co.uk', 'jo+tag@example.co.uk'],
    ['JÖRG@MÜLLER.DE', 'jörg@müller.de'],
    ['jo\u0308rg@x.de', 'jörg@x.de'],
    ['\ufeffjo@x.de\u200b', 'jo@x.de'],
    ['İstanbul@x.com.tr', 'istanbul@x.com.tr'],
    ["o'neil@x.com", "o'neil@x.com"],
    ['nobody', '[invalid_email]'],
    ['jo@x', '[invalid_email]'],
    ['@x.com', '[invalid_email]'],
    ['jo@@x.com', '[invalid_email]'],
    ['jo@x.com, ann@x.com', '[invalid_email]'],
    ['jo roe@x.com', '[invalid_email]'],
    ['Jo <jo@x.com>', '[invalid_email]'],
    [`${'a'.repeat(250)}@x.com`, '[invalid_email]'],
    ['098f6bcd4621d373cade4e832627b4f6', '[invalid_email]'],
  ])('%j', (value, expected) => expect(normalised('em', value)).toBe(expected));
});

describe('fn, ln and ct', () => {
  test.each([
    ['Mary', 'mary'],
    [' Mary Ann ', 'maryann'],
    ["O'Neil-Smith", 'oneilsmith'],
    ['O’Neil', 'oneil'],
    ['Saint-Denis', 'saintdenis'],
    ['St. Louis', 'stlouis'],
    ['Jean—Luc', 'jeanluc'],
    ['São Paulo', 'sãopaulo'],
    ['Zoe\u0308', 'zoë'],
    ['STRAUẞ', 'strauß'],
    ['Strauß', 'strauß'],
    ['İSTANBUL', 'istanbul'],
    ['Iğdır', 'iğdır'],
    ['i\u0307stanbul', 'istanbul'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
    ['ΝΙΚΟΣ ΠΑΠΑΣ', 'νικοςπαπας'],
    ['정', '정'],
    ['山田 太郎', '山田太郎'],
    ['مُحَمَّد', 'مُحَمَّد'],
    ['ДМИТРИЙ', 'дмитрий'],
    ['Ann\u00ad\u200bа', 'annа'],
    ['Mary😀', 'mary'],
    ['Mary❤️', 'mary'],
    ['👩‍👩‍👧‍👦Mary👍🏽', 'mary'],
    ['Apt 1️⃣', 'apt1'],
    ['\ud800Mary', 'mary'],
    ['Louis XIV 2', 'louisxiv2'],
    ['×÷', '[unusable_value]'],
    ['---', '[unusable_value]'],
    ['\u200b', '[unusable_value]'],
    ['\u3164', '[unusable_value]'],
    ['undefined', '[placeholder_value]'],
    ['N/A', '[placeholder_value]'],
    ['Null', 'null'],
    ['Nan', 'nan'],
    ['', ''],
    [' \t\n ', ''],
  ])('%j', (value, expected) => {
    for (const field of ['fn', 'ln', 'ct'] as const)
      expect(normalised(field, value)).toBe(expected);
  });
});

describe('st', () => {
  test.each<[string, string | null, string]>([
    ['California', 'us', 'ca'],
    ['CALIFORNIA', null, 'ca'],
    ['CA', 'us', 'ca'],
    ['N.Y.', 'us', 'ny'],
    ['New York', null, 'ny'],
    ['Washington, D.C.', 'us', 'dc'],
    ['US-TX', null, 'tx'],
    ['Puerto Rico', 'us', 'pr'],
    ['Ontario', 'ca', 'on'],
    ['Ontario', null, 'on'],
    ['Québec', 'ca', 'qc'],
    ['CA-BC', 'ca', 'bc'],
    ['Newfoundland and Labrador', 'ca', 'nl'],
    ['Newfoundland & Labrador', 'ca', 'nl'],
    ['P.E.I.', 'ca', 'pe'],
    ['New South Wales', 'au', 'newsouthwales'],
    ['New South Wales', null, 'newsouthwales'],
    ['NSW', 'au', 'nsw'],
    ['Georgia', 'ge', 'georgia'],
    ['California', 'mx', 'california'],
    ['Île-de-France', 'fr', 'îledefrance'],
    ['Baden-Württemberg', 'de', 'badenwürttemberg'],
    ['Ontario', 'us', 'ontario'],
  ])('%s in %s', (value, country, expected) => {
    expect(normalised('st', value, country)).toBe(expected);
  });
});

describe('zp', () => {
  test.each<[unknown, string | null, string]>([
    ['94025-1234', 'us', '94025'],
    ['94025-1234', null, '94025'],
    ['940251234', 'us', '94025'],
    ['94025 1234', 'us', '94025'],
    ['94025', 'us', '94025'],
    [94_025, 'us', '94025'],
    [2139, 'us', '02139'],
    ['501', 'us', '00501'],
    ['2139', 'au', '2139'],
    ['2139', null, '2139'],
    ['940251234', null, '940251234'],
    ['94025-1234', 'br', '940251234'],
    ['01310-100', 'br', '01310100'],
    ['SW1A 1AA', 'gb', 'sw1a1aa'],
    ['m1 1ae', 'gb', 'm11ae'],
    ['K1A 0B1', 'ca', 'k1a0b1'],
    ['1012 AB', 'nl', '1012ab'],
    ['D-10115', 'de', 'd10115'],
    ['100-0001', 'jp', '1000001'],
    ['somewhere else', null, '[invalid_postal_code]'],
    ['-', null, '[unusable_value]'],
  ])('%j in %s', (value, country, expected) => {
    expect(normalised('zp', value, country)).toBe(expected);
  });
});

describe('country', () => {
  test.each([
    ['US', 'us'],
    ['us', 'us'],
    [' De ', 'de'],
    ['USA', 'us'],
    ['DEU', 'de'],
    ['U.S.A.', 'us'],
    ['United States', 'us'],
    ['United States of America', 'us'],
    ['the netherlands', 'nl'],
    ['UK', 'gb'],
    ['Great Britain', 'gb'],
    ['England', 'gb'],
    ['EL', 'gr'],
    ['Germany', 'de'],
    ['Deutschland', 'de'],
    ['Allemagne', 'de'],
    ['Alemania', 'de'],
    ['Österreich', 'at'],
    ['Türkiye', 'tr'],
    ['Turkey', 'tr'],
    ['日本', 'jp'],
    ['Россия', 'ru'],
    ["Cote d'Ivoire", 'ci'],
    ['Côte d’Ivoire', 'ci'],
    ['Trinidad and Tobago', 'tt'],
    ['Saint Lucia', 'lc'],
    ['South Korea', 'kr'],
    ['Kosovo', 'xk'],
    ['Iran, Islamic Republic of', 'ir'],
    ['Iran (Islamic Republic of)', 'ir'],
    ["Korea, Democratic People's Republic of", 'kp'],
    ["Korea (the Democratic People's Republic of)", 'kp'],
    ['Korea, Republic of', 'kr'],
    ['Congo, The Democratic Republic of the', 'cd'],
    ['Congo', 'cg'],
    ['Netherlands (the)', 'nl'],
    ['The Gambia', 'gm'],
    ['United States of America (the)', 'us'],
    ['United States (US)', 'us'],
    ['Virgin Islands (U.S.)', 'vi'],
    ['Georgia, USA', '[invalid_country]'],
    ['Atlantis', '[invalid_country]'],
    ['XX', '[invalid_country]'],
    ['constructor', '[invalid_country]'],
    ['7', '[invalid_country]'],
  ])('%s', (value, expected) => expect(normalised('country', value)).toBe(expected));
});

describe('db', () => {
  test.each<[unknown, string]>([
    ['1985-03-12', '19850312'],
    ['1985-3-2', '19850302'],
    ['1985/03/12', '19850312'],
    ['1985.03.12', '19850312'],
    ['1985-03-12T00:00:00.000Z', '19850312'],
    ['1985-03-12 23:30:00', '19850312'],
    ['19850312', '19850312'],
    [19_850_312, '19850312'],
    ['12/26/1997', '19971226'],
    ['26/12/1997', '19971226'],
    ['26.12.1997', '19971226'],
    ['5/5/1985', '19850505'],
    ['12261997', '19971226'],
    ['26121997', '19971226'],
    ['March 12, 1985', '19850312'],
    ['12 March 1985', '19850312'],
    ['12-Mar-1985', '19850312'],
    ['Mar 12th 1985', '19850312'],
    ['the 1st of May 1985', '19850501'],
    ['Sept 3 1985', '19850903'],
    ['Thursday, March 12, 1985', '19850312'],
    ['1985年3月12日', '19850312'],
    ['1985년 3월 12일', '19850312'],
    ['１９８５-０３-１２', '19850312'],
    ['2000-02-29', '20000229'],
    ['03/04/1985', '[ambiguous_birthday]'],
    ['03.04.1985', '[ambiguous_birthday]'],
    ['03041985', '[ambiguous_birthday]'],
    ['1985-02-30', '[invalid_birthday]'],
    ['1985-13-01', '[invalid_birthday]'],
    ['13/13/1985', '[invalid_birthday]'],
    ['1999-02-29', '[invalid_birthday]'],
    ['1899-12-31', '[invalid_birthday]'],
    ['2026-11-21', '[invalid_birthday]'],
    ['3/12/85', '[invalid_birthday]'],
    ['1985-03', '[invalid_birthday]'],
    ['1985', '[invalid_birthday]'],
    ['Marchember 12, 1985', '[invalid_birthday]'],
    ['March 12, 1985 or so', '[invalid_birthday]'],
    [479_433_600, '[invalid_birthday]'],
    ['spring', '[invalid_birthday]'],
    [{}, '[unusable_value]'],
  ])('%j', (value, expected) => expect(normalised('db', value)).toBe(expected));
});

describe('ge', () => {
  test.each([
    ['f', 'f'],
    ['F', 'f'],
    ['Female', 'f'],
    [' woman ', 'f'],
    ['weiblich', 'f'],
    ['m', 'm'],
    ['MALE', 'm'],
    ['männlich', 'm'],
    ['non-binary', '[unsupported_gender]'],
    ['x', '[unsupported_gender]'],
    ['0', '[unsupported_gender]'],
  ])('%s', (value, expected) => expect(normalised('ge', value)).toBe(expected));
});

describe('external_id', () => {
  test.each<[unknown, string]>([
    [' User-1 ', 'user-1'],
    ['undefined', '[placeholder_value]'],
    ['[object Object]', '[placeholder_value]'],
    ['a b', 'a b'],
    [17, '17'],
    [-3, '-3'],
    [1.5, '[unusable_value]'],
    [2 ** 60, '[unusable_value]'],
    [true, '[unusable_value]'],
    ['Ä'.repeat(512), 'ä'.repeat(512)],
    ['x'.repeat(513), '[unusable_value]'],
  ])('%j', (value, expected) => expect(normalised('external_id', value)).toBe(expected));
});

describe('any field', () => {
  const HASH = 'aB'.repeat(32);

  test.each(HASHED_FIELDS)('%s: a hash passes through in small letters', (field) => {
    expect(normalised(field, HASH)).toBe(HASH.toLowerCase());
    expect(normalised(field, ` ${HASH} `)).toBe(HASH.toLowerCase());
  });

  test.each([
    ['two characters, as it once was', '.AQ'],
    ['eight characters', '.AQYBAQIA'],
  ])("a hash loses the appendix of Meta's parameter builder: %s", (_case, appendix) => {
    const hash = 'AB'.repeat(32);
    expect(normalised('fn', hash + appendix)).toBe(hash.toLowerCase());
    expect(normalised('fn', `${hash}${appendix}x`)).not.toBe(hash.toLowerCase());
  });

  test.each(HASHED_FIELDS)('%s: nothing is nothing, never the hash of nothing', (field) => {
    for (const nothing of ['', '  ', null, undefined]) expect(normalised(field, nothing)).toBe('');
  });
});
