import fc from 'fast-check';

const SURROGATES = 0x800;

const character = fc
  .integer({ min: 0, max: 0x10ffff - SURROGATES })
  .map((n) => String.fromCodePoint(n < 0xd800 ? n : n + SURROGATES));

/**
 * Text of any characters. The `unit: 'binary'` of fast-check makes the same, but first a list of all
 * characters there are, which takes a second or two in each test file.
 */
export function anyText(constraints: fc.ArrayConstraints = {}): fc.Arbitrary<string> {
  return fc.array(character, constraints).map((characters) => characters.join(''));
}
