const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;
const LONGEST_NUMBER = 40;

/** Text as it is sent: trimmed, without lone surrogates; whole numbers as digits; else null. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') {
    const text = value.trim();
    if (text === '') return null;
    return text.isWellFormed() ? text : text.toWellFormed();
  }
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null;
}

/** A finite number, also out of a string with a decimal point; else null. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'string') {
    const text = value.trim();
    if (text.length > LONGEST_NUMBER || !DECIMAL.test(text)) return null;
    return numberOf(Number(text));
  }
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A whole number of zero or more; else null. */
export function countOf(value: unknown): number | null {
  const number = numberOf(value);
  return number !== null && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

export function booleanOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  return value === 'false' ? false : null;
}

/** True where a sender gave nothing: what is absent needs no warning. */
export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
