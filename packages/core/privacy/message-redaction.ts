import { STANDARD_FIELDS } from '../custom-data/standard-fields.ts';
import { currencyOf } from '../custom-data/value.ts';
import { ACTION_SOURCES } from '../event/server-event.ts';
import { USER_DATA } from '../user-data/table.ts';
import { isHarmlessNumber, isStandardEvent } from './harmless.ts';

/* Messages of others about events, such as Meta's, may quote the events. */

const REMOVED = '[removed]';

/** Only this many characters of a message are read: Meta's own have a few hundred. */
export const MOST_READ = 4096;

/** Meta's field names, which it quotes in error messages. */
const FIELDS: ReadonlySet<string> = new Set([
  ...USER_DATA.map(({ field }) => field),
  ...STANDARD_FIELDS.map(({ field }) => field),
  ...ACTION_SOURCES,
  ...`data user_data custom_data app_data event_name event_time event_id event_source_url action_source
    opt_out value currency contents id quantity item_price delivery_category referrer_url
    data_processing_options data_processing_options_country data_processing_options_state
    original_event_data attribution_data messaging_channel messaging_outcome_data extinfo campaign_ids
    install_referrer installer_package url_schemes vendor_id windows_attribution_id
    advertiser_tracking_enabled application_tracking_enabled ad_id adset_id campaign_id
    attribution_share attribution_value touchpoint_ts access_token appsecret_proof test_event_code
    partner_agent namespace_id upload_tag upload_id upload_source null true false
    string number integer object array product product_group`.split(/\s+/),
]);

const PATH = /^[\w$[\].'"]{1,100}$/;

/** Quoted text; an apostrophe within a word does not start a quote. */
const QUOTED =
  /"([^"]{0,500})"|“([^”]{0,500})”|«([^»]{0,500})»|(?<!\w)'([^']{0,500})'(?!\w)|‘([^’]{0,500})’/g;

/** Seven or more digits, in the form of phones, cards and accounts. */
const DIGITS = /\+?\(?\d(?:[ .()/-]{0,3}\d){6,40}/g;

const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b/gi;

/** The message without quoted values, long numbers and accounts; field names and the like stay. */
export function withoutValues(words: string): string {
  return words
    .slice(0, MOST_READ)
    .replace(IBAN, REMOVED)
    .replace(DIGITS, REMOVED)
    .replace(QUOTED, (quote: string, ...groups: (string | undefined)[]) => {
      const inner = groups.slice(0, 5).find((each) => each !== undefined);
      return inner === undefined || isHarmlessQuote(inner) ? quote : `${quote[0]}…${quote.at(-1)}`;
    });
}

function isHarmlessQuote(inner: string): boolean {
  if (inner === '' || inner === '…' || inner === REMOVED) return true;
  if (isStandardEvent(inner) || isHarmlessNumber(inner) || currencyOf(inner) !== null) return true;
  if (!PATH.test(inner)) return false;
  return inner
    .split(/[^\w]+/)
    .every((name) => name === '' || /^\d{1,6}$/.test(name) || FIELDS.has(name));
}

/** Shorter values occur in ordinary words. */
const SHORTEST = 3;
const MOST_VALUES = 500;
const DEEPEST = 8;

/** The message without any text of the event, in any case. */
export function withoutTextsOf(event: unknown, words: string): string {
  let kept = words;
  for (const value of textsOf(event)) {
    const lower = kept.toLowerCase();
    const at = lower.indexOf(value);
    if (at < 0 || lower.length !== kept.length) continue;
    kept = replaceWhole(kept, lower, value);
  }
  return kept;
}

function replaceWhole(words: string, lower: string, value: string): string {
  let kept = '';
  let from = 0;
  for (let at = lower.indexOf(value); at >= 0; at = lower.indexOf(value, at + value.length)) {
    const end = at + value.length;
    if (WORDLIKE.test(lower.charAt(at - 1)) || WORDLIKE.test(lower.charAt(end))) continue;
    kept += words.slice(from, at) + REMOVED;
    from = end;
  }
  return kept + words.slice(from);
}

const WORDLIKE = /[\p{L}\p{N}]/u;

/** The longest first, because a shorter one may be part of it. */
function textsOf(event: unknown): string[] {
  const found = new Set<string>();
  gather(event, found, 0);
  return [...found].sort((a, b) => b.length - a.length);
}

function gather(value: unknown, found: Set<string>, depth: number): void {
  if (found.size >= MOST_VALUES || depth > DEEPEST) return;
  if (typeof value === 'object' && value !== null) {
    for (const each of Object.values(value)) gather(each, found, depth + 1);
  } else if (typeof value === 'string') {
    const text = value.trim().toLowerCase();
    if (text.length >= SHORTEST && !isStandardEvent(text) && !FIELDS.has(text)) found.add(text);
  }
}

/** The personal values of a request that Meta's messages may quote; it receives no others. */
const PERSONAL: readonly RegExp[] = [
  /(?<![^\s"'<>@])[^\s"'<>@]+@[^\s"'<>@]+/g, // e-mail address
  /\b[0-9a-f]{64}\b/gi, // SHA-256
  /\b\d{1,3}(?:\.\d{1,3}){3}\b/g, // IPv4
  /(?<![\w:])(?=[\da-f:]{0,39}::|(?:[\da-f]{1,4}:){4})[\da-f:]{4,64}/gi, // IPv6
  /\bfb\.\d\.\d{10,32}\.[\w.-]{1,256}/g, // click and browser ids
  // A page, but not one that explains the error.
  /\bhttps?:\/\/(?!(?:[\w-]{1,63}\.){0,8}facebook\.com\b)[^\s"'<>]{1,256}/g,
];

/** How much of a message is kept, in characters. */
const MOST_KEPT = 500;
/** A longer run without a break is a quoted value rather than a word, and is removed. */
const LONGEST_RUN = 256;
/** A shorter token is a placeholder that occurs in ordinary words: `1`, `e`, `events`. */
const SHORTEST_SECRET = 8;

const BREAKS = /[\s"'<>]/;

/**
 * What is kept, logged and shown of a message of Meta: without the token and personal values, and
 * truncated. For people only: classify the original message, because removing a short token may leave
 * little of it.
 *
 * @param token the access token of the request; a short one is removed only as a separate word
 */
export function keptWords(words: string, token: string): string {
  const named = withoutToken(withoutLongRuns(words), token);
  const clean = PERSONAL.reduce((text, pattern) => text.replace(pattern, REMOVED), named);
  return withoutValues(clean).slice(0, MOST_KEPT);
}

/** A run that is cut off at the end is removed too: half a token is still a secret. */
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

/** The message without the token, which Meta quotes when it rejects it. */
export function withoutToken(words: string, token: string): string {
  if (token === '') return words;
  if (token.length >= SHORTEST_SECRET) return words.replaceAll(token, REMOVED);
  let kept = '';
  let from = 0;
  for (let at = words.indexOf(token); at >= 0; at = words.indexOf(token, at + token.length)) {
    if (isTokenCharacter(words, at - 1) || isTokenCharacter(words, at + token.length)) continue;
    kept += words.slice(from, at) + REMOVED;
    from = at + token.length;
  }
  return kept + words.slice(from);
}

const TOKEN_CHARACTER = /\w/;

function isTokenCharacter(words: string, at: number): boolean {
  return TOKEN_CHARACTER.test(words.charAt(at));
}
