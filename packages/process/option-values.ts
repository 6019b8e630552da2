import { UsageError } from '#config/errors.ts';

/*
 * Parsers for the values of options. Each throws a UsageError that names the option and what it
 * takes.
 */

/** @param unit such as ` of messages`, for the error */
export function wholeNumber(flag: string, unit = '', from = 1): (text: string) => number {
  return (text) => {
    if (/^\d{1,15}$/.test(text) && Number(text) >= from) return Number(text);
    throw new UsageError(`${flag} takes a whole number${unit} from ${from}, not “${text}”`);
  };
}

/** @param unit such as `seconds`, for the error */
export function positiveNumber(flag: string, unit: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value;
    throw new UsageError(`${flag} takes a number of ${unit} above 0, not “${text}”`);
  };
}

/** Names separated by commas; each is kept once. */
export function commaList(flag: string): (text: string) => readonly string[] {
  return (text) => {
    const items = text.split(',').map((item) => item.trim());
    if (!items.includes('')) return [...new Set(items)];
    throw new UsageError(`${flag} takes names separated by commas, not “${text}”`);
  };
}

/** For an option that may be repeated: all its values in order. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
