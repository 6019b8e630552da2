/**
 * Unix ms of the beginning of a day in UTC; NaN when there is no such day, such as the 30th of
 * February. Months count from 1.
 */
export function startOfDay(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  if (day > 28 && !(day <= daysIn(year, month))) return Number.NaN;
  return Date.UTC(year, month - 1, day);
}

/** The day before the first of the next month is the last one. */
function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** The digits of a text from one place up to another as a number; NaN when there is anything else. */
export function numberAt(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}
