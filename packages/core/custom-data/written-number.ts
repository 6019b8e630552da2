const COMMA_DECIMAL = /^([+-]?)(\d+),(\d+)$/;
const GROUPED_BY_COMMAS = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const GROUPED_BY_POINTS = /^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$/;
const GROUPED_BY_SPACES = /^[+-]?\d{1,3}(?:[ '\u2019]\d{3})+(?:[.,]\d+)?$/;
const GROUP = 3;

/**
 * A number as people write it: with a decimal comma (`12,50`), with groups of three digits
 * (`1,234.50`, `1.234,50`, `1 234,50`), in digits of full width. Null when it is none, or when it
 * may be meant in two ways: `1,234` is a thousand and more to some and little more than one to
 * others. A currency sign is refused too, because it may contradict the currency of the event.
 */
export function writtenNumber(text: string): number | null {
  const plain = text.normalize('NFKC');
  if (plain !== text && /^[+-]?\d+(?:\.\d+)?$/.test(plain)) return Number(plain);
  const decimal = COMMA_DECIMAL.exec(plain);
  if (decimal !== null) return commaDecimal(decimal);
  if (GROUPED_BY_COMMAS.test(plain)) return Number(plain.replaceAll(',', ''));
  if (GROUPED_BY_POINTS.test(plain)) return pointed(plain.replaceAll('.', ''));
  return GROUPED_BY_SPACES.test(plain) ? pointed(plain.replace(/[ '\u2019]/g, '')) : null;
}

/** Three digits behind a comma may be a group, unless no group could stand before it. */
function commaDecimal([, sign, whole = '', fraction = '']: readonly string[]): number | null {
  const isGroup = fraction.length === GROUP && whole.length <= GROUP && whole[0] !== '0';
  return isGroup ? null : Number(`${sign}${whole}.${fraction}`);
}

function pointed(text: string): number {
  return Number(text.replace(',', '.'));
}
