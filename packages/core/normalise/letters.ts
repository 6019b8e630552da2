/**
 * Punctuation, symbols, separators, control characters; enclosing marks (keycaps); and invisible
 * characters that Unicode calls letters or marks: variation selectors of emoji, fillers.
 */
const NOT_LETTERS = /[\p{P}\p{S}\p{Z}\p{C}\p{Me}\p{Default_Ignorable_Code_Point}]+/gu;

/** The end of Latin Extended-B, and the one character before it that is not a letter. */
const LAST_LATIN = 0x250;
const DIVISION_SIGN = 0xf7;

/** Every character below is in NFC; above, only those of {@link LETTER_BLOCKS} certainly are. */
const FIRST_COMBINING = 0x300;

/**
 * Letters that NFC does not change: Greek and Cyrillic, Hiragana, Katakana, Han, Hangul.
 * Source: Unicode Character Database, Blocks.txt and NFC_Quick_Check.
 */
const LETTER_BLOCKS: readonly (readonly [number, number])[] = [
  [0x388, 0x481],
  [0x48a, 0x52f],
  [0x3041, 0x3096],
  [0x30a1, 0x30fa],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
];

function isLetterBeyondLatin(code: number): boolean {
  for (const [first, last] of LETTER_BLOCKS) if (code <= last) return code >= first;
  return false;
}

/** A loop, because values are short and a regular expression costs more. */
export function isAscii(value: string): boolean {
  for (let at = 0; at < value.length; at++) if (value.charCodeAt(at) > 0x7f) return false;
  return true;
}

/**
 * Lower case in NFC, the same on every machine.
 *
 * The whole value is lowered at once, so that a Greek sigma at the end of a word becomes the final
 * sigma. ß stays, and ẞ becomes ß. The dot that JavaScript leaves after a Turkish İ is removed, so that
 * İ and i are the same letter.
 * Source: Unicode Standard, section 3.13 and SpecialCasing.txt; Meta, customer information
 * parameters: "lowercase", "encoded in UTF-8".
 */
export function lowerCase(value: string): string {
  if (!isSimple(value)) {
    return undotted(value.toWellFormed().normalize('NFC').toLowerCase()).normalize('NFC');
  }
  const lower = value.toLowerCase();
  return lower.length === value.length ? lower : undotted(lower);
}

function undotted(lower: string): string {
  return lower.replaceAll('i\u0307', 'i');
}

/**
 * Letters, their marks and digits in lower case, without punctuation, symbols, spaces and invisible
 * characters. Letters outside a to z stay.
 * Source: Meta, customer information parameters, `fn`, `ln`, `ct`, `st`, `zp`: "lowercase only with
 * no punctuation", "no spaces", "if using special characters, the text must be encoded in UTF-8".
 */
export function letters(value: string): string {
  const lower = lowerCase(value);
  if (isWord(lower)) return lower;
  if (isAscii(lower)) return onlyAscii(lower, isLetterOrDigit);
  return lower.replace(NOT_LETTERS, '').normalize('NFC');
}

/** The ASCII digits of a text. */
export function onlyDigits(value: string): string {
  return onlyAscii(value, isDigit);
}

/** The wanted characters of a short text: a few slices cost less than a regular expression. */
function onlyAscii(text: string, isWanted: (code: number) => boolean): string {
  let wanted = '';
  let from = -1;
  for (let at = 0; at < text.length; at++) {
    if (isWanted(text.charCodeAt(at))) {
      if (from === -1) from = at;
    } else if (from !== -1) {
      wanted += text.slice(from, at);
      from = -1;
    }
  }
  return from === 0 ? text : from === -1 ? wanted : wanted + text.slice(from);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLetterOrDigit(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || isDigit(code);
}

/** True where lower-casing is all that is needed. */
function isSimple(value: string): boolean {
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code >= FIRST_COMBINING && !isLetterBeyondLatin(code)) return false;
  }
  return true;
}

/** True for only lower-case letters and digits, as in most names and codes. */
function isWord(lower: string): boolean {
  for (let at = 0; at < lower.length; at++) {
    const code = lower.charCodeAt(at);
    if (code >= 0x61 && code <= 0x7a) continue;
    if (code >= 0x30 && code <= 0x39) continue;
    if (code >= 0xdf && code < LAST_LATIN && code !== DIVISION_SIGN) continue;
    if (!isLetterBeyondLatin(code)) return false;
  }
  return true;
}
