const scratch = Buffer.alloc(32);

/**
 * True for 64 lower-case hexadecimal characters.
 *
 * Decoding and encoding again says exactly that, and takes half the time of a regular expression;
 * decoding alone would let upper case and some non-ASCII characters pass.
 */
export function isSha256(value: string): boolean {
  return (
    value.length === 64 && scratch.write(value, 'hex') === 32 && scratch.toString('hex') === value
  );
}
