import type { Warning, WarningCode } from '../event/warning.ts';
import { USER_DATA_NAMES } from './fields.ts';
import { USER_DATA } from './table.ts';

/** Warnings about one field of `user_data`, at any path. */
const KEY_OF_CODE: { readonly [C in WarningCode]?: string } = {
  invalid_email: 'em',
  invalid_phone: 'ph',
  phone_without_country: 'ph',
  invalid_birthday: 'db',
  ambiguous_birthday: 'db',
  unsupported_gender: 'ge',
  invalid_country: 'country',
  invalid_postal_code: 'zp',
  invalid_ip: 'client_ip_address',
  invalid_fbc: 'fbc',
  untimely_fbc: 'fbc',
  invalid_fbp: 'fbp',
};

const KEY_OF_PATH: ReadonlyMap<string, string> = new Map(
  USER_DATA.flatMap(({ field, from }) => from.map((path) => [path, field] as const)),
);

const KEYS: ReadonlySet<string> = USER_DATA_NAMES;

/** Warnings about any field; the path tells which. */
const BY_PATH: ReadonlySet<WarningCode> = new Set(['unusable_value', 'placeholder_value']);

/**
 * The field of `user_data` that has no value, or a poor one, because normalising failed; null for other
 * warnings. A path outside the table can only be that of an external ID, unless the pixel names the path.
 */
export function failedKeyOf({ code, path, field }: Warning): string | null {
  const key = KEY_OF_CODE[code];
  if (key !== undefined) return key;
  if (!BY_PATH.has(code)) return null;
  if (field !== undefined) return KEYS.has(field) ? field : null;
  return KEY_OF_PATH.get(path) ?? 'external_id';
}
