import type { WarningCode } from '../event/warning.ts';
import { textOf } from '../mapping/scalars.ts';
import { isPlaceholder } from '../normalise/normaliser.ts';
import { holdsEmail } from '../privacy/personal-data.ts';
import { ipAddress } from './ip-address.ts';
import type { PlainField } from './table.ts';

/** How a field that is sent as it is must look. */
export interface FieldFormat {
  /** The value as it is sent, or null when it has not this form. */
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
 * Field → its form. None of them is ever hashed, so what looks like a hash is none of them.
 * Source: Meta, customer information parameters: "do not hash".
 */
export const FORMATS: Readonly<Record<PlainField, FieldFormat>> = {
  client_ip_address: { read: ipAddress, code: 'invalid_ip' },
  /** Robots write there how to reach their owner. */
  client_user_agent: { read: text, code: 'invalid_identifier' },
  fbc: { read: matching(isFbc), code: 'invalid_fbc' },
  fbp: { read: matching(isFbp), code: 'invalid_fbp' },
  subscription_id: TEXT,
  fb_login_id: NUMBER,
  lead_id: NUMBER,
  anon_id: TEXT,
  /** Devices whose owner limits tracking give zeros. */
  madid: {
    read: matching((found) => !NO_ADVERTISING_ID.test(found) && !holdsEmail(found)),
    code: 'invalid_identifier',
  },
  page_id: NUMBER,
  page_scoped_user_id: NUMBER,
  ctwa_clid: TEXT,
  ig_account_id: NUMBER,
  ig_sid: NUMBER,
  partner_id: TEXT,
  partner_name: TEXT,
};

/** Four parts; a fifth is the appendix of Meta's parameter builder, and stays. */
const FBC = /^fb\.\d\d?\.\d{13}\.[\w-]+(?:\.[\w-]+)?$/;
const FBP = /^fb\.\d\d?\.\d{13}\.\d+(?:\.[\w-]+)?$/;
const CLICK = /^[\w-]+$/;
const LONGEST = 600;

/** For values that a server makes. Source: Meta, fbp and fbc parameters, `subdomainIndex`. */
const SERVER_INDEX = 1;

/**
 * True for a click id as Meta takes it, whose request it refuses otherwise.
 * Source: Meta, fbp and fbc parameters: "fb.subdomainIndex.creationTime.fbclid", time in ms.
 */
function isFbc(text: string): boolean {
  return text.length <= LONGEST && FBC.test(text);
}

/** Source: Meta, fbp and fbc parameters: "fb.subdomainIndex.creationTime.randomnumber". */
function isFbp(text: string): boolean {
  return text.length <= LONGEST && FBP.test(text);
}

/** True for a value of `fbclid` as it stands in addresses. */
export function isClick(text: string): boolean {
  return text.length <= LONGEST && CLICK.test(text);
}

/**
 * The click id that a browser would have made of an `fbclid`.
 *
 * @param timeMs when the page was seen, Unix ms: never now, so that a retry says the same
 */
export function fbcOf(click: string, timeMs: number): string {
  return `fb.${SERVER_INDEX}.${timeMs}.${click}`;
}
