import { currencyOf } from '../custom-data/currency.ts';
import { STANDARD_FIELDS } from '../custom-data/standard-fields.ts';
import { ACTION_SOURCES } from '../event/server-event.ts';
import { USER_DATA } from '../user-data/user-data-table.ts';
import { isHarmlessNumber, isStandardEvent } from './harmless.ts';

/* Words about events that somebody else wrote, such as Meta: they may quote what an event holds. */

const REMOVED = '[removed]';

/** Nothing behind these many characters is read. */
const MOST_READ = 4096;

/** Names of Meta's fields: what it quotes when it says which one is wrong. */
const FIELDS: ReadonlySet<string> = new Set([
  ...USER_DATA.map(({ field }) => field),
  ...STANDARD_FIELDS.map(({ field }) => field),
  ...ACTION_SOURCES,
  ...`data user_data custom_data app_data event_name event_time event_id event_source_url action_source
    opt_out value currency contents id quantity item_price delivery_category referrer_url
    data_processing_options data_processing_options_country data_processing_options_state
    original_event_data attribution_data access_token test_event_code partner_agent null true false
    string number integer object array product product_group`.split(/\s+/),
]);

const PATH = /^[\w$[\].'"]{1,100}$/;

/** Quotes that are not among them: an apostrophe in a word begins nothing. */
const QUOTED =
  /"([^"]{0,500})"|“([^”]{0,500})”|«([^»]{0,500})»|(?<!\w)'([^']{0,500})'(?!\w)|‘([^’]{0,500})’/g;

/** Seven digits and more, written as phones, cards and accounts are. */
const DIGITS = /\+?\(?\d(?:[ .()/-]{0,3}\d){6,40}/g;

const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b/gi;

/** The words without quoted values, long numbers and accounts; field names and the like stay. */
export function withoutValues(words: string): string {
  return words
    .slice(0, MOST_READ)
    .replace(IBAN, REMOVED)
    .replace(DIGITS, REMOVED)
    .replace(QUOTED, (quote, ...groups) => {
      const inner = groups.slice(0, 5).find((each) => each !== undefined) as string | undefined;
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

/** A shorter value is part of ordinary words. */
const SHORTEST = 3;
const MOST_VALUES = 500;
const DEEPEST = 8;

/** The words without any text that an event holds, however it is written in them. */
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
