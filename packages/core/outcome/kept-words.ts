import { withoutValues } from '../privacy/harmless-words.ts';

/** The personal values of a request that Meta's messages may repeat; it gets no others. */
export const PERSONAL: readonly RegExp[] = [
  /(?<![^\s"'<>@])[^\s"'<>@]+@[^\s"'<>@]+/g, // e-mail address
  /\b[0-9a-f]{64}\b/gi, // SHA-256
  /\b\d{1,3}(?:\.\d{1,3}){3}\b/g, // IPv4
  /(?<![\w:])(?=[\da-f:]{0,39}::|(?:[\da-f]{1,4}:){4})[\da-f:]{4,64}/gi, // IPv6
  /\bfb\.\d\.\d{10,32}\.[\w.-]{1,256}/g, // click and browser ids
  // A page, but not one that explains the error.
  /\bhttps?:\/\/(?!(?:[\w-]{1,63}\.){0,8}facebook\.com\b)[^\s"'<>]{1,256}/g,
];

/** No more of what Meta says is read, in characters: its own messages have a few hundred. */
export const MOST_READ = 4096;
/** No more of it is kept, in characters. */
const MOST_KEPT = 500;
/** A longer run without a break is no word: a value that Meta repeats, and it is dropped whole. */
const LONGEST_RUN = 256;
/** A shorter token is a placeholder, and part of ordinary words: `1`, `e`, `events`. */
const SHORTEST_SECRET = 8;

const REMOVED = '[removed]';
const BREAKS = /[\s"'<>]/;

/**
 * What is kept, logged and shown of words that Meta has said: without the token, without values of a
 * person, and with an end. It is for people; judge the words themselves before, because with a short
 * token hardly anything is left of them.
 *
 * @param token the access token of the request; where it is short, it is removed as a word of its own
 */
export function keptWords(words: string, token: string): string {
  const named = withoutToken(withoutLongRuns(words), token);
  const clean = PERSONAL.reduce((text, pattern) => text.replace(pattern, REMOVED), named);
  return withoutValues(clean).slice(0, MOST_KEPT);
}

/** A run that is cut off at the end is dropped too: half a token is a secret still. */
function withoutLongRuns(words: string): string {
  const read = words.slice(0, MOST_READ);
  let kept = '';
  let from = 0;
  for (let at = 0; at <= read.length; at += 1) {
    if (at < read.length && !BREAKS.test(read.charAt(at))) continue;
    const cutOff = at === MOST_READ && words.length > MOST_READ;
    const tooLong = at - from > LONGEST_RUN || (cutOff && at > from);
    kept += tooLong ? REMOVED : read.slice(from, at);
    kept += read.charAt(at);
    from = at + 1;
  }
  return kept;
}

/** The words without the token, which Meta repeats when it does not take it. */
export function withoutToken(words: string, token: string): string {
  if (token === '') return words;
  if (token.length >= SHORTEST_SECRET) return words.replaceAll(token, REMOVED);
  let kept = '';
  let from = 0;
  for (let at = words.indexOf(token); at >= 0; at = words.indexOf(token, at + token.length)) {
    if (isWordlike(words, at - 1) || isWordlike(words, at + token.length)) continue;
    kept += words.slice(from, at) + REMOVED;
    from = at + token.length;
  }
  return kept + words.slice(from);
}

const WORDLIKE = /\w/;

function isWordlike(words: string, at: number): boolean {
  return WORDLIKE.test(words.charAt(at));
}
