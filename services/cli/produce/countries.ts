import * as faker from '@faker-js/faker';

/** A country where shoppers live. Faker makes up names and addresses in its language. */
export interface Country {
  /** ISO 3166-1 alpha-2. */
  readonly code: string;
  /** How address forms spell the country: codes and names. */
  readonly spellings: readonly string[];
  /** For names and addresses; the later ones fill gaps of the earlier ones. */
  readonly locales: readonly faker.LocaleDefinition[];
  /** BCP 47, as browsers report it. */
  readonly language: string;
  readonly timezone: string;
  readonly currency: string;
  /** What one euro is worth, roughly, so that prices look natural. */
  readonly unitsPerEuro: number;
  /** Written forms of a birthday, with `Y`, `M` and `D`. */
  readonly birthdays: readonly string[];
  /** Written forms, with `#` for digits, of numbers that are assigned to no one. */
  readonly phones: readonly string[];
}

/**
 * A country per line: spellings; faker's locales; language, time zone, currency and units per euro;
 * birthdays; phones.
 *
 * Numbers reserved for fiction: United States and Canada (NANPA, 555-0100 to 555-0199), Britain
 * (Ofcom), Germany (Bundesnetzagentur, notice 148/2021), France (ARCEP), Sweden (PTS). The other
 * numbers start with 0 after the area code, and no subscriber's number does.
 */
const TABLE = `
US,US,USA,United States,us; en_US; en-US America/Los_Angeles USD 1.1; Y-M-D,M/D/Y,YMD,Y-M-DT00:00:00.000Z; (415) 555-01##,212-555-01##,+1 512 555 01##,+141555501##,1.212.555.01##
CA,Canada,ca,CAN; fr_CA fr; fr-CA America/Toronto CAD 1.5; Y-M-D,YMD,Y/M/D; (514) 555-01##,416-555-01##,+1 514 555 01##,+141655501##,1.514.555.01##
GB,United Kingdom,UK,Great Britain,gb; en_GB; en-GB Europe/London GBP 0.85; D/M/Y,Y-M-D,YMD; 020 7946 0###,+44 20 7946 0###,07700 900###,+447700900###,0044 7700 900###,+44 (0)161 496 0###
DE,Deutschland,Germany,de,DEU; de; de-DE Europe/Berlin EUR 1; D.M.Y,Y-M-D,YMD; 030 23125###,+49 (0)30 23125 ###,0221/4710###,+49 89 99998-###,0049 40 66969###,0171 39200##,+49176040690##
FR,France,fr,FRA; fr; fr-FR Europe/Paris EUR 1; D/M/Y,Y-M-D,D-M-Y; 06 39 98 ## ##,+33 6 39 98 ## ##,0033 1 99 00 ## ##,01.99.00.##.##,+33 (0)4 65 71 ## ##
SE,Sverige,Sweden,se; sv; sv-SE Europe/Stockholm SEK 11; Y-M-D,YMD; 070-174 06 9#,+46 70 174 06 9#,08-465 004 ##,+46 (0)8 465 004 ##
BR,Brasil,Brazil,BRA; pt_BR; pt-BR America/Sao_Paulo BRL 6; D/M/Y,Y-M-D,D-M-Y; (11) 0000-00##,+55 11 0000 00##,021 0000-00##,+552100000###
MX,México,Mexico,mx,MEX; es_MX es; es-MX America/Mexico_City MXN 20; D/M/Y,Y-M-D; 55 0000 00##,+52 55 0000 00##,(33) 0000-00##
ES,España,Spain,es,ESP; es; es-ES Europe/Madrid EUR 1; D/M/Y,Y-M-D; +34 910 000 0##,910 00 00 ##,0034 930 000 0##
NL,Nederland,The Netherlands,nl,NLD; nl; nl-NL Europe/Amsterdam EUR 1; D-M-Y,Y-M-D; 020 000 00 ##,+31 20 000 00##,0031 (0)10 000 00##
AT,Österreich,Austria,at,AUT; de_AT de; de-AT Europe/Vienna EUR 1; D.M.Y,Y-M-D; 01 000 00 ##,+43 1 000 00##,0043 1 00000##
CH,Schweiz,Suisse,Switzerland,ch,CHE; de_CH de; de-CH Europe/Zurich CHF 0.95; D.M.Y,Y-M-D; 044 000 00 ##,+41 44 000 00 ##,0041 22 000 00 ##
PL,Polska,Poland,pl; pl; pl-PL Europe/Warsaw PLN 4.3; D.M.Y,Y-M-D; +48 22 000 00 ##,22 000 00 ##,0048 12 000 00 ##
GR,Ελλάδα,Greece,gr; el; el-GR Europe/Athens EUR 1; D/M/Y,Y-M-D; +30 210 000 00##,210 0000 0##,00302310000###
UA,Україна,Ukraine,ua; uk; uk-UA Europe/Kyiv UAH 45; D.M.Y,Y-M-D; +380 44 000 00 ##,044 000-00-##,00380320000###
TR,Türkiye,Turkey,tr; tr; tr-TR Europe/Istanbul TRY 40; D.M.Y,D/M/Y,Y-M-D; +90 212 000 00 ##,0212 000 00 ##,0(312) 000 00 ##,00902320000###
AE,United Arab Emirates,الإمارات العربية المتحدة,ae,UAE; ar; ar-AE Asia/Dubai AED 4; Y-M-D,D/M/Y,Y/M/D; +971 4 000 00##,04 000 00##,0097120000###
IN,India,Bharat,in,IND; en_IN; en-IN Asia/Kolkata INR 95; D/M/Y,D-M-Y,Y-M-D; 011 0000 00##,+91 11 0000 00##,0091-22-0000-00##
JP,日本,Japan,jp,JPN; ja; ja-JP Asia/Tokyo JPY 160; Y/M/D,Y年M月D日,Y-M-D,YMD; 090-0000-0###,+81 90 0000 0###,03-0000-0###,+8130000####,０３－００００－０００１
KR,대한민국,South Korea,kr,KOR; ko; ko-KR Asia/Seoul KRW 1500; Y.M.D,Y-M-D,YMD; 010-0000-0###,+82 10 0000 0###,02-000-0###,+82 (0)2 000 0###
`;

/** Every country by its code. */
export const COUNTRIES: ReadonlyMap<string, Country> = new Map(
  TABLE.trim()
    .split('\n')
    .map((line) => countryOf(line))
    .map((country) => [country.code, country]),
);

function countryOf(line: string): Country {
  const [spelled = '', locales = '', facts = '', birthdays = '', phones = ''] = line.split('; ');
  const [language = '', timezone = '', currency = '', unitsPerEuro] = facts.split(' ');
  const spellings = spelled.split(',');
  return {
    code: spellings[0] ?? '',
    spellings,
    locales: [...locales.split(' '), 'en', 'base'].map((name) => faker.allLocales[name as 'en']),
    language,
    timezone,
    currency,
    unitsPerEuro: Number(unitsPerEuro),
    birthdays: birthdays.split(','),
    phones: phones.split(','),
  };
}
