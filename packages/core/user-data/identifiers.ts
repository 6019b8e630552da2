import type { WarningCode } from '../event/warning.ts';
import { textOf } from '../mapping/scalars.ts';
import { isPlaceholder } from '../normalise/placeholder.ts';
import { isFbc, isFbp } from './click-id.ts';
import { ipAddress } from './ip-address.ts';
import { holdsEmail } from './personal-data.ts';
import type { OpenField } from './user-data-table.ts';

/** How a field that is sent as it is must look. */
export interface Form {
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

const TEXT: Form = { read: matching((found) => !holdsEmail(found)), code: 'invalid_identifier' };
const NUMBER: Form = {
  read: matching((found) => DIGITS.test(found)),
  code: 'invalid_identifier',
};

/**
 * Field → its form. None of them is ever hashed, so what looks like a hash is none of them.
 * Source: Meta, customer information parameters: "do not hash".
 */
export const FORMS: Readonly<Record<OpenField, Form>> = {
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
