import type { WarningCode } from '../event/warning.ts';
import { textOf } from '../mapping/scalars.ts';
import { isPlaceholder } from '../normalise/normaliser.ts';
import { holdsEmail } from '../privacy/personal-data.ts';
import { ipAddress } from './ip-address.ts';
import type { PlainField } from './table.ts';

/** The format of a field that is sent as it is. */
export interface FieldFormat {
  /** The value as it is sent; null when it does not have this format. */
  readonly read: (value: unknown) => string | null;
  readonly code: WarningCode;
}

const DIGITS = /^\d{1,40}$/;
const HASH = /^[0-9a-f]{64}$/i;
const NO_ADVERTISING_ID = /^[0-]+$/;

function text(value: unknown): string | null {
  const found = textOf(value);
  if (found === null || isPlaceholder(found)) return null;
  return found.length === 64 && HASH.test(found) ? null : found;
}

function matching(fits: (found: string) => boolean): (value: unknown) => string | null {
  return (value) => {
    const found = text(value);
    return found !== null && fits(found) ? found : null;
  };
}

const TEXT: FieldFormat = {
  read: matching((found) => !holdsEmail(found)),
  code: 'invalid_identifier',
};
const NUMBER: FieldFormat = {
  read: matching((found) => DIGITS.test(found)),
  code: 'invalid_identifier',
};

/**
 * Field → its format. None of them is ever hashed, so a hash is not a valid value.
 * Source: Meta, customer information parameters: "do not hash".
 */
export const FORMATS: Readonly<Record<PlainField, FieldFormat>> = {
  client_ip_address: { read: ipAddress, code: 'invalid_ip' },
  /** May contain an e-mail address: bots write their owner's. */
  client_user_agent: { read: text, code: 'invalid_identifier' },
  fbc: { read: matching(isFbc), code: 'invalid_fbc' },
  fbp: { read: matching(isFbp), code: 'invalid_fbp' },
  subscription_id: TEXT,
  fb_login_id: NUMBER,
  lead_id: NUMBER,
  anon_id: TEXT,
  /** Devices that limit tracking send zeros. */
  madid: {
    read: matching((found) => !NO_ADVERTISING_ID.test(found) && !holdsEmail(found)),
    code: 'invalid_identifier',
  },
  page_id: NUMBER,
  page_scoped_user_id: NUMBER,
  ctwa_clid: TEXT,
  ig_account_id: NUMBER,
  ig_sid: NUMBER,
  whatsapp_business_account_id: NUMBER,
  instagram_business_account_id: NUMBER,
  app_user_id: TEXT,
  partner_id: TEXT,
  partner_name: TEXT,
};

/** Four parts; a fifth is the suffix of Meta's parameter builder, and stays. */
const FBC = /^fb\.\d\d?\.\d{13}\.[\w-]+(?:\.[\w-]+)?$/;
const FBP = /^fb\.\d\d?\.\d{13}\.\d+(?:\.[\w-]+)?$/;
const CLICK = /^[\w-]+$/;
const LONGEST = 600;

/** The index for values created by a server. Source: Meta, fbp and fbc parameters, `subdomainIndex`. */
const SERVER_INDEX = 1;

/**
 * True for a valid click ID; Meta rejects the whole request for an invalid one.
 * Source: Meta, fbp and fbc parameters: "fb.subdomainIndex.creationTime.fbclid", time in ms.
 */
function isFbc(text: string): boolean {
  return text.length <= LONGEST && FBC.test(text);
}

/** Source: Meta, fbp and fbc parameters: "fb.subdomainIndex.creationTime.randomnumber". */
function isFbp(text: string): boolean {
  return text.length <= LONGEST && FBP.test(text);
}

const TIME_LENGTH = 13;
const OLDEST_CLICK_MS = 90 * 86_400_000;

/**
 * False for a click ID that is older than 90 days, or younger than the event: Meta accepts neither. The
 * latter is compared in seconds, as Meta has the time of events.
 * Sources: Meta, Events Manager, "Server sending expired fbclid value in fbc parameter";
 * https://github.com/PostHog/posthog/pull/92152. Meta's documentation does not say it.
 *
 * @param timeMs when the event happened, Unix ms
 */
export function isTimely(fbc: string, timeMs: number): boolean {
  const from = fbc.indexOf('.', 'fb.'.length) + 1;
  const clickMs = Number(fbc.slice(from, from + TIME_LENGTH));
  const isAfter = Math.floor(clickMs / 1000) > Math.floor(timeMs / 1000);
  return !isAfter && timeMs - clickMs <= OLDEST_CLICK_MS;
}

/** True for a valid value of the URL parameter `fbclid`. */
export function isClick(text: string): boolean {
  return text.length <= LONGEST && CLICK.test(text);
}

/**
 * The click ID that a browser would create from an `fbclid`.
 *
 * @param timeMs when the page was viewed, Unix ms; never now, so that a retry gives the same result
 */
export function fbcOf(click: string, timeMs: number): string {
  return `fb.${SERVER_INDEX}.${timeMs}.${click}`;
}
