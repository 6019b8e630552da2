import type { PixelSettings } from '../event/pixel-settings.ts';
import { type FieldReader, fieldReader, type ReadValue } from '../fields/field-reader.ts';
import { FREE_FIELD } from '../fields/field-table.ts';
import { type Draft, warn } from '../mapping/draft.ts';
import { redactProperty } from '../privacy/redact.ts';
import { textWithoutPersonalData } from '../privacy/url.ts';
import { STANDARD_FIELDS } from './standard-fields.ts';

/**
 * Fills the fields of custom_data whose sources the pixel names, except those that are read before the
 * others. Null for a pixel that names none.
 */
export function createCustomFields(
  settings: Pick<PixelSettings, 'fields'>,
): ((draft: Draft) => void) | null {
  const own = [...standardReaders(settings), ...freeReaders(settings)];
  if (own.length === 0) return null;
  return (draft) => {
    for (const [field, read] of own) {
      const found = read(draft);
      // What the items of the event gave for it does not count.
      if (found === undefined || found === null) delete draft.custom[field];
      else draft.custom[field] = found;
    }
  };
}

type OwnReader = readonly [field: string, read: FieldReader<Draft, unknown>];

function standardReaders({ fields }: Pick<PixelSettings, 'fields'>): OwnReader[] {
  const rows = new Map(STANDARD_FIELDS.map((row) => [row.field, row.read] as const));
  return [...rows].flatMap(([field, read]): OwnReader[] => {
    const reader = fieldReader(fields, field, cleanly(read), `custom_data.${field}`);
    return reader === null ? [] : [[field, reader]];
  });
}

function cleanly(read: (value: unknown) => unknown): ReadValue<Draft, unknown> {
  return (draft, value, path) => {
    const found = read(value);
    if (found === null) warn(draft, 'invalid_property', path);
    const clean = typeof found === 'string' ? textWithoutPersonalData(found) : found;
    if (clean !== found) warn(draft, 'personal_data_removed', path);
    return clean ?? undefined;
  };
}

function freeReaders({ fields }: Pick<PixelSettings, 'fields'>): OwnReader[] {
  const names = Object.keys(fields).filter((name) => name.startsWith(FREE_FIELD));
  return names.flatMap((name): OwnReader[] => {
    const reader = fieldReader(fields, name, keepClean);
    return reader === null ? [] : [[name.slice(FREE_FIELD.length), reader]];
  });
}

const keepClean: ReadValue<Draft, unknown> = (draft, value, path) => {
  const lastStep = path.slice(path.lastIndexOf('.') + 1);
  const found = redactProperty(value, lastStep, false);
  if (found.personal) warn(draft, 'personal_data_removed', path);
  if (found.unusable) warn(draft, 'invalid_property', path);
  return found.value;
};
