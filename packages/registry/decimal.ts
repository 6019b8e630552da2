/** Digits that a number of JavaScript always holds. */
const EXACT_DIGITS = 15;

/** No price has more decimal places; a scale is any number of 32 bits. */
const MOST_PLACES = 100;

/**
 * A decimal of Avro or Confluent's Protobuf type: an integer in two's complement, big-endian, and how many
 * of its digits are behind the point. A number where it is exact, and otherwise a text; null where the
 * scale is none.
 */
export function decimalOf(bytes: Buffer, scale: number): number | string | null {
  if (!(Number.isInteger(scale) && scale >= 0 && scale <= MOST_PLACES)) return null;
  const unsigned = bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
  const value = BigInt.asIntN(bytes.length * 8, unsigned);
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const text = `${value < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
  return digits.length <= EXACT_DIGITS ? Number(text) : text;
}

/** Bytes of the longest decimal that is read. Turning more into digits takes quadratic time. */
export const MOST_DECIMAL_BYTES = 64;
