const DAY_MS = 86_400_000;
const DAYS_OF_MONTHS: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Days of a year before each month. */
const DAYS_BEFORE: readonly number[] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
/** Days from the first of January of the year 0 to that of 1970. */
const DAYS_BEFORE_1970 = 719_528;

/**
 * Unix ms of the start of a day in UTC, in the years 0 to 9999; NaN when there is no such day,
 * such as the 30th of February. Months count from 1. Plain arithmetic, because `Date` is slow.
 */
export function startOfDay(year: number, month: number, day: number): number {
  const days = DAYS_OF_MONTHS[month - 1];
  const before = DAYS_BEFORE[month - 1];
  if (days === undefined || before === undefined || !(year >= 0)) return Number.NaN;
  const leap = isLeap(year);
  if (!(day >= 1 && day <= (leap && month === 2 ? 29 : days))) return Number.NaN;
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400) + 1;
  const inYear = before + (leap && month > 2 ? 1 : 0) + day - 1;
  return (year * 365 + leapDays + inYear - DAYS_BEFORE_1970) * DAY_MS;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** The digits of a text between two positions as a number; NaN for anything else. */
export function numberAt(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}
