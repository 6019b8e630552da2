import { numberAt, startOfDay } from '../event/calendar.ts';
import { isAscii } from './letters.ts';
import type { FlaggedValue, Normaliser } from './normaliser.ts';

const YEAR_FIRST = /^(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})(?:[T ]\d.*)?$/i;
const YEAR_LAST = /^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$/;
const DIGITS = /^\d{8}$/;
const WORDS = /[a-z]+|\d+/g;
const FILLERS = new Set(
  (
    'st nd rd th of the mon tue wed thu fri sat sun ' +
    'monday tuesday wednesday thursday friday saturday sunday'
  ).split(' '),
);
const EAST_ASIAN_MARK = /(?<!\s)\s*[年月년월]\s*/gu;
const EAST_ASIAN_DAY = /(?<!\s)\s*[日일]$/u;
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const MONTH_NAMES =
  /^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)$/;

const OLDEST_YEAR = 1900;
const INVALID: FlaggedValue = { value: null, code: 'invalid_birthday' };
const AMBIGUOUS: FlaggedValue = { value: null, code: 'ambiguous_birthday' };

type YearMonthDay = readonly [year: string, month: string, day: string];

/**
 * `YYYYMMDD`. Of a date with a time, the date counts as it is written. An ambiguous order of day and
 * month is not guessed.
 * Source: Meta, `db`: "YYYYMMDD", year "from 1900 to current year", "with or without punctuation".
 */
export const birthday: Normaliser = (written, { now }) => {
  const value = plain(written);
  if (isIsoDate(value)) {
    const year = numberAt(value, 0, 4);
    if (!isBirthday(year, numberAt(value, 5, 7), numberAt(value, 8, 10), now)) return INVALID;
    return value.slice(0, 4) + value.slice(5, 7) + value.slice(8);
  }
  const dates = orders(value).map(([year, month, day]) => dateOf(year, month, day, now));
  const [first, ...others] = new Set(dates.filter((date) => date !== null));
  if (first === undefined) return INVALID;
  return others.length === 0 ? first : AMBIGUOUS;
};

/** `1985-03-12`, the usual form. */
function isIsoDate(value: string): boolean {
  return value.length === 10 && value[4] === '-' && value[7] === '-';
}

/** In ASCII digits, with `1985年3月12日` and `1985년 3월 12일` written with dashes. */
function plain(value: string): string {
  if (isAscii(value)) return value;
  const text = value.normalize('NFKC').replace(EAST_ASIAN_MARK, '-');
  return text.replace(EAST_ASIAN_DAY, '');
}

/** Every possible order of the parts of the text. */
function orders(text: string): YearMonthDay[] {
  const [, y = '', m = '', d = ''] = YEAR_FIRST.exec(text) ?? [];
  if (y !== '') return [[y, m, d]];
  const [, a = '', b = '', year = ''] = YEAR_LAST.exec(text) ?? [];
  if (year !== '') return eitherOrder(a, b, year);
  return DIGITS.test(text) ? cuts(text) : worded(text);
}

function eitherOrder(a: string, b: string, year: string): YearMonthDay[] {
  return [
    [year, a, b],
    [year, b, a],
  ];
}

function cuts(digits: string): YearMonthDay[] {
  return [
    [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)],
    ...eitherOrder(digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)),
  ];
}

/** `12 March 1985`, `March 12th, 1985`, `12-Mar-1985`. */
function worded(text: string): YearMonthDay[] {
  const words = (text.toLowerCase().match(WORDS) ?? []).filter((word) => !FILLERS.has(word));
  const name = words.find((word) => MONTH_NAMES.test(word));
  const year = words.find((word) => /^\d{4}$/.test(word));
  const day = words.find((word) => /^\d{1,2}$/.test(word));
  if (words.length !== 3 || name === undefined || year === undefined || day === undefined)
    return [];
  return [[year, String(MONTHS.indexOf(name.slice(0, 3)) + 1), day]];
}

/** Null when it is not a possible date of birth. */
function dateOf(year: string, month: string, day: string, now: number): string | null {
  if (!isBirthday(Number(year), Number(month), Number(day), now)) return null;
  return year + month.padStart(2, '0') + day.padStart(2, '0');
}

function isBirthday(year: number, month: number, day: number, now: number): boolean {
  return year >= OLDEST_YEAR && startOfDay(year, month, day) <= now;
}
