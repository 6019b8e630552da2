const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?$/i;
const LONGEST_NUMBER = 40;
const SPACE = 0x20;

/**
 * A text as it is sent: trimmed, without lone surrogates; numbers as digits; otherwise null. A whole
 * number that JSON.parse had to round is another ID than the one that was sent.
 */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') {
    const text = value.trim();
    if (text === '') return null;
    return text.isWellFormed() ? text : text.toWellFormed();
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? null : String(value);
}

/** A finite number, also from a string; otherwise null. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'string') {
    const text = value.trim();
    if (text.length > LONGEST_NUMBER) return null;
    return numberOf(DECIMAL.test(text) ? Number(text) : writtenNumber(text));
  }
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A non-negative integer; otherwise null. */
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

/** True for no value, or only spaces: an absent value needs no warning. */
export function isAbsent(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'string' && value.charCodeAt(0) <= SPACE && value.trim() === '';
}

const COMMA_DECIMAL = /^([+-]?)(\d+),(\d+)$/;
const GROUPED_BY_COMMAS = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const GROUPED_BY_POINTS = /^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$/;
const GROUPED_BY_SPACES = /^[+-]?\d{1,3}(?:[ '\u2019]\d{3})+(?:[.,]\d+)?$/;
const GROUP = 3;

/**
 * A number as people write it: with a decimal comma (`12,50`), with groups of three digits
 * (`1,234.50`, `1.234,50`, `1 234,50`), in full-width digits. Null when it is not a number, or when it
 * is ambiguous: `1,234` is over a thousand in some countries and little over one in others. A currency
 * sign is not accepted either, because it may contradict the currency of the event.
 */
function writtenNumber(text: string): number | null {
  const plain = text.normalize('NFKC');
  if (plain !== text && /^[+-]?\d+(?:\.\d+)?$/.test(plain)) return Number(plain);
  const decimal = COMMA_DECIMAL.exec(plain);
  if (decimal !== null) return commaDecimal(decimal);
  if (GROUPED_BY_COMMAS.test(plain)) return Number(plain.replaceAll(',', ''));
  if (GROUPED_BY_POINTS.test(plain)) return pointed(plain.replaceAll('.', ''));
  return GROUPED_BY_SPACES.test(plain) ? pointed(plain.replace(/[ '\u2019]/g, '')) : null;
}

/** Three digits after a comma may be a group, unless no group could precede it. */
function commaDecimal([, sign, whole = '', fraction = '']: readonly string[]): number | null {
  const isGroup = fraction.length === GROUP && whole.length <= GROUP && whole[0] !== '0';
  return isGroup ? null : Number(`${sign}${whole}.${fraction}`);
}

function pointed(text: string): number {
  return Number(text.replace(',', '.'));
}
