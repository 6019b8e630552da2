import { holdsEmail, isPersonalName, REMOVED, withoutEmails } from './personal-data.ts';

const WEB = /^https?:\/\/[^\s/?#]/i;
const USER_INFO = /^(https?:\/\/)[^/?#]*@/i;
const PARAMETER = /([?&#;])([^?&#;=]*)=([^?&#;]*)/g;
const PARAMETER_END = /[&#]/;
const ENCODED = /[%+]/;
const LONGEST = 8192;

const HASH = 0x23;
const PERCENT = 0x25;
const QUESTION_MARK = 0x3f;
const AT = 0x40;
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

const MAY_HOLD_EMAIL = /@|%40/;
const ADDRESS_OR_QUERY = /^(?:https?:\/\/|\/|\?|#)[^\s]*$/i;
const HAS_PARAMETERS = /[?#]/;
const PARAMETER_NAME = /[?&#;]([^?&#;=]*)=/g;

/** How many parameter names are cached; websites have few. */
const MOST_NAMES = 2000;
const LONGEST_NAME = 40;
const known = new Map<string, boolean>();

/** True for an absolute http or https URL that Meta accepts. */
export function isWebAddress(text: string): boolean {
  return text.length <= LONGEST && WEB.test(text);
}

/**
 * The URL without personal data: values of parameters with a personal name and e-mail addresses are
 * replaced, as in Meta's own pixel.
 */
export function withoutPersonalData(url: string): string {
  if (isInnocent(url)) return url;
  const start = url.search(HAS_PARAMETERS);
  if (!MAY_HOLD_EMAIL.test(url) && (start === -1 || !hasPersonalParameter(url))) return url;
  return start === -1
    ? cleanPath(url)
    : cleanPath(url.slice(0, start)) + cleanParameters(url.slice(start));
}

/**
 * A property's text without personal data. A URL, a path or a query is cleaned by
 * {@link withoutPersonalData}; any other text with an e-mail address is dropped, which is null.
 */
export function textWithoutPersonalData(text: string): string | null {
  if (isInnocent(text)) return text;
  if (text.length <= LONGEST && ADDRESS_OR_QUERY.test(text)) {
    return withoutPersonalData(text) || null;
  }
  return holdsEmail(text.replaceAll('%40', '@')) ? null : text;
}

/**
 * True for a text that needs no further check: no sign of an e-mail address or of URL parameters, and no
 * surrogates, which may be lone. A loop, because most properties are short.
 */
export function isInnocent(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < HASH) continue;
    if (code > AT) {
      if (code >= FIRST_SURROGATE && code <= LAST_SURROGATE) return false;
      continue;
    }
    if (code === AT || code === QUESTION_MARK || code === HASH) return false;
    if (code === PERCENT && text.startsWith('%40', at)) return false;
  }
  return true;
}

function hasPersonalParameter(url: string): boolean {
  PARAMETER_NAME.lastIndex = 0;
  for (let name = PARAMETER_NAME.exec(url); name !== null; name = PARAMETER_NAME.exec(url)) {
    if (isPersonalParameter(name[1] ?? '')) return true;
  }
  return false;
}

function isPersonalParameter(name: string): boolean {
  const before = known.get(name);
  if (before !== undefined) return before;
  const personal = isPersonalName(decoded(name));
  if (known.size < MOST_NAMES && name.length <= LONGEST_NAME) known.set(name, personal);
  return personal;
}

function cleanPath(path: string): string {
  const anonymous = path.replace(USER_INFO, '$1');
  const open = anonymous.replaceAll('%40', '@');
  const clean = withoutEmails(open);
  return clean === open ? anonymous : clean;
}

/** A query that cannot be cleaned parameter by parameter is dropped. */
function cleanParameters(query: string): string {
  const clean = query.replace(PARAMETER, (whole, mark: string, name: string, value: string) => {
    const personal = isPersonalParameter(name) || holdsEmail(decoded(value));
    return personal && value !== '' ? `${mark}${name}=${REMOVED}` : whole;
  });
  return holdsEmail(decoded(clean)) ? '' : clean;
}

function decoded(text: string): string {
  if (!ENCODED.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text.replaceAll('%40', '@');
  }
}

/** The `fbclid` of a URL or of a query, in its original case; null when it has none. */
export function clickParameter(url: string): string | null {
  for (let at = url.indexOf('fbclid='); at !== -1; at = url.indexOf('fbclid=', at + 1)) {
    const before = url[at - 1] ?? '?';
    if (before !== '?' && before !== '&') continue;
    const from = at + 'fbclid='.length;
    const end = PARAMETER_END.exec(url.slice(from))?.index ?? url.length;
    return decoded(url.slice(from, from + end));
  }
  return null;
}
