import { writtenNumber } from '../custom-data/written-number.ts';

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?$/i;
const LONGEST_NUMBER = 40;
const SPACE = 0x20;

/** Text as it is sent: trimmed, without lone surrogates; whole numbers as digits; else null. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') {
    const text = value.trim();
    if (text === '') return null;
    return text.isWellFormed() ? text : text.toWellFormed();
  }
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null;
}

/** A finite number, also out of a string; else null. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'string') {
    const text = value.trim();
    if (text.length > LONGEST_NUMBER) return null;
    return numberOf(DECIMAL.test(text) ? Number(text) : writtenNumber(text));
  }
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A whole number of zero or more; else null. */
export function countOf(value: unknown): number | null {
  const number = numberOf(value);
  return number !== null && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

/** True or false, also as 1 or 0, and as text in any case. */
export function switchOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (text === 'true' || text === '1' || text === 1) return true;
  return text === 'false' || text === '0' || text === 0 ? false : null;
}

/** True where a sender gave nothing, or nothing but spaces: what is absent needs no warning. */
export function isAbsent(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'string' && value.charCodeAt(0) <= SPACE && value.trim() === '';
}
