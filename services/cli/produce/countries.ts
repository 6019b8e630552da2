import type { LocaleDefinition } from '@faker-js/faker';
import * as locales from '@faker-js/faker';

/** A country where shoppers live. Faker makes up names and addresses in its language. */
export interface Country {
  /** ISO 3166-1 alpha-2. */
  readonly code: string;
  /** How address forms spell the country: codes and names. */
  readonly spellings: readonly string[];
  /** For names and addresses; the later ones fill gaps of the earlier ones. */
  readonly locales: readonly LocaleDefinition[];
  /** BCP 47, as browsers report it. */
  readonly language: string;
  readonly timezone: string;
  readonly currency: string;
  /** What one euro is worth, roughly, so that prices look natural. */
  readonly unitsPerEuro: number;
  /** Written forms, with `#` for digits, of numbers that are assigned to no one. */
  readonly phones: readonly string[];
  /** Written forms of a birthday, with `Y`, `M` and `D`. */
  readonly birthdays: readonly string[];
}

const { en, base } = locales;

/** Lists are written as one text with `|` between the items. */
function country(
  [code, spellings, language, timezone]: readonly [string, string, string, string],
  [currency, unitsPerEuro]: readonly [string, number],
  own: readonly LocaleDefinition[],
  phones: string,
  birthdays: string,
): Country {
  return {
    code,
    spellings: spellings.split('|'),
    locales: [...own, en, base],
    language,
    timezone,
    currency,
    unitsPerEuro,
    phones: phones.split('|'),
    birthdays: birthdays.split('|'),
  };
}

/** 555-0100 to 555-0199 are reserved for fiction in every area code (NANPA). */
function northAmericanPhones(...areas: readonly string[]): string {
  const forms = ['(@) 555-01##', '@-555-01##', '+1 @ 555 01##', '+1@55501##', '1.@.555.01##'];
  return areas.flatMap((area) => forms.map((form) => form.replace('@', area))).join('|');
}

const EURO = ['EUR', 1] as const;

export const UNITED_STATES = country(
  ['US', 'US|US|USA|United States|us', 'en-US', 'America/Los_Angeles'],
  ['USD', 1.1],
  [locales.en_US],
  northAmericanPhones('415', '212', '512'),
  'Y-M-D|M/D/Y|YMD|Y-M-DT00:00:00.000Z',
);

export const CANADA = country(
  ['CA', 'CA|Canada|ca|CAN', 'fr-CA', 'America/Toronto'],
  ['CAD', 1.5],
  [locales.fr_CA, locales.fr],
  northAmericanPhones('514', '416'),
  'Y-M-D|YMD|Y/M/D',
);

/** Phones: Ofcom, numbers for use in drama. */
export const BRITAIN = country(
  ['GB', 'GB|United Kingdom|UK|Great Britain|gb', 'en-GB', 'Europe/London'],
  ['GBP', 0.85],
  [locales.en_GB],
  '020 7946 0###|+44 20 7946 0###|07700 900###|+447700900###|0044 7700 900###|+44 (0)161 496 0###',
  'D/M/Y|Y-M-D|YMD',
);

/** Phones: Bundesnetzagentur, numbers for media productions (notice 148/2021). */
export const GERMANY = country(
  ['DE', 'DE|Deutschland|Germany|de|DEU', 'de-DE', 'Europe/Berlin'],
  EURO,
  [locales.de],
  '030 23125###|+49 (0)30 23125 ###|0221/4710###|+49 89 99998-###|0049 40 66969###|0171 39200##|+49176040690##',
  'D.M.Y|Y-M-D|YMD',
);

/** Phones: ARCEP, numbers for audiovisual works. */
export const FRANCE = country(
  ['FR', 'FR|France|fr|FRA', 'fr-FR', 'Europe/Paris'],
  EURO,
  [locales.fr],
  '06 39 98 ## ##|+33 6 39 98 ## ##|0033 1 99 00 ## ##|01.99.00.##.##|+33 (0)4 65 71 ## ##',
  'D/M/Y|Y-M-D|D-M-Y',
);

/** Phones: Post- och telestyrelsen, numbers for books and films. */
export const SWEDEN = country(
  ['SE', 'SE|Sverige|Sweden|se', 'sv-SE', 'Europe/Stockholm'],
  ['SEK', 11],
  [locales.sv],
  '070-174 06 9#|+46 70 174 06 9#|08-465 004 ##|+46 (0)8 465 004 ##',
  'Y-M-D|YMD',
);

/*
 * No numbers are reserved for fiction in the countries below. The numbers start with 0 after the area
 * code, and no subscriber's number does.
 */

export const BRAZIL = country(
  ['BR', 'BR|Brasil|Brazil|BRA', 'pt-BR', 'America/Sao_Paulo'],
  ['BRL', 6],
  [locales.pt_BR],
  '(11) 0000-00##|+55 11 0000 00##|021 0000-00##|+552100000###',
  'D/M/Y|Y-M-D|D-M-Y',
);

export const MEXICO = country(
  ['MX', 'MX|México|Mexico|mx|MEX', 'es-MX', 'America/Mexico_City'],
  ['MXN', 20],
  [locales.es_MX, locales.es],
  '55 0000 00##|+52 55 0000 00##|(33) 0000-00##',
  'D/M/Y|Y-M-D',
);

export const SPAIN = country(
  ['ES', 'ES|España|Spain|es|ESP', 'es-ES', 'Europe/Madrid'],
  EURO,
  [locales.es],
  '+34 910 000 0##|910 00 00 ##|0034 930 000 0##',
  'D/M/Y|Y-M-D',
);

export const NETHERLANDS = country(
  ['NL', 'NL|Nederland|The Netherlands|nl|NLD', 'nl-NL', 'Europe/Amsterdam'],
  EURO,
  [locales.nl],
  '020 000 00 ##|+31 20 000 00##|0031 (0)10 000 00##',
  'D-M-Y|Y-M-D',
);

export const AUSTRIA = country(
  ['AT', 'AT|Österreich|Austria|at|AUT', 'de-AT', 'Europe/Vienna'],
  EURO,
  [locales.de_AT, locales.de],
  '01 000 00 ##|+43 1 000 00##|0043 1 00000##',
  'D.M.Y|Y-M-D',
);

export const SWITZERLAND = country(
  ['CH', 'CH|Schweiz|Suisse|Switzerland|ch|CHE', 'de-CH', 'Europe/Zurich'],
  ['CHF', 0.95],
  [locales.de_CH, locales.de],
  '044 000 00 ##|+41 44 000 00 ##|0041 22 000 00 ##',
  'D.M.Y|Y-M-D',
);

export const POLAND = country(
  ['PL', 'PL|Polska|Poland|pl', 'pl-PL', 'Europe/Warsaw'],
  ['PLN', 4.3],
  [locales.pl],
  '+48 22 000 00 ##|22 000 00 ##|0048 12 000 00 ##',
  'D.M.Y|Y-M-D',
);

export const GREECE = country(
  ['GR', 'GR|Ελλάδα|Greece|gr', 'el-GR', 'Europe/Athens'],
  EURO,
  [locales.el],
  '+30 210 000 00##|210 0000 0##|00302310000###',
  'D/M/Y|Y-M-D',
);

export const UKRAINE = country(
  ['UA', 'UA|Україна|Ukraine|ua', 'uk-UA', 'Europe/Kyiv'],
  ['UAH', 45],
  [locales.uk],
  '+380 44 000 00 ##|044 000-00-##|00380320000###',
  'D.M.Y|Y-M-D',
);

export const TURKEY = country(
  ['TR', 'TR|Türkiye|Turkey|tr', 'tr-TR', 'Europe/Istanbul'],
  ['TRY', 40],
  [locales.tr],
  '+90 212 000 00 ##|0212 000 00 ##|0(312) 000 00 ##|00902320000###',
  'D.M.Y|D/M/Y|Y-M-D',
);

export const EMIRATES = country(
  ['AE', 'AE|United Arab Emirates|الإمارات العربية المتحدة|ae|UAE', 'ar-AE', 'Asia/Dubai'],
  ['AED', 4],
  [locales.ar],
  '+971 4 000 00##|04 000 00##|0097120000###',
  'Y-M-D|D/M/Y|Y/M/D',
);

export const INDIA = country(
  ['IN', 'IN|India|Bharat|in|IND', 'en-IN', 'Asia/Kolkata'],
  ['INR', 95],
  [locales.en_IN],
  '011 0000 00##|+91 11 0000 00##|0091-22-0000-00##',
  'D/M/Y|D-M-Y|Y-M-D',
);

export const JAPAN = country(
  ['JP', 'JP|日本|Japan|jp|JPN', 'ja-JP', 'Asia/Tokyo'],
  ['JPY', 160],
  [locales.ja],
  '090-0000-0###|+81 90 0000 0###|03-0000-0###|+8130000####|０３－００００－０００１',
  'Y/M/D|Y年M月D日|Y-M-D|YMD',
);

export const KOREA = country(
  ['KR', 'KR|대한민국|South Korea|kr|KOR', 'ko-KR', 'Asia/Seoul'],
  ['KRW', 1500],
  [locales.ko],
  '010-0000-0###|+82 10 0000 0###|02-000-0###|+82 (0)2 000 0###',
  'Y.M.D|Y-M-D|YMD',
);
