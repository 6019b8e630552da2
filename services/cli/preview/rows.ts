import type { PersonalFields } from '#core/event/server-event.ts';
import { hashPersonal } from '#core/privacy/hash.ts';
import { printable } from '../output/text.ts';

/** Field of the server event → where its value comes from. */
export type Origins = ReadonlyMap<string, string>;

/** One line: a field, its value, and its origin. */
export type PreviewRow = readonly [field: string, value: string, origin: string];

const HASH_SHOWN = 12;

/** The origin of an item that is the event itself, not part of a list. */
const WHOLE_EVENT = 'properties';

/** One row for each field of an object, and one for each item of a list of objects. */
export function rowsOf(
  object: Readonly<Record<string, unknown>>,
  originOf: (field: string) => string,
): PreviewRow[] {
  return Object.entries(object).flatMap(([field, value]) => {
    const origin = originOf(field);
    if (!isListOfObjects(value)) return [[field, shown(value), origin] as const];
    return value.map((item, at): PreviewRow => {
      const from = origin === WHOLE_EVENT ? origin : `${origin}[${at}]`;
      return [`${field}[${at}]`, shown(item), from];
    });
  });
}

/** Personal fields: the start of the hash, and what was hashed if `reveal` is set. */
export function hashedRows(
  personal: PersonalFields,
  origins: Origins,
  reveal: boolean,
): PreviewRow[] {
  return Object.entries(personal).flatMap(([field, values]) =>
    [values].flat().map((value): PreviewRow => {
      const hash = `sha256 ${hashPersonal(value).slice(0, HASH_SHOWN)}…`;
      return [field, reveal ? `${hash} of ${printable(value)}` : hash, origins.get(field) ?? ''];
    }),
  );
}

type Item = Readonly<Record<string, unknown>>;

function isListOfObjects(value: unknown): value is readonly Item[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}

function isObject(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `id 620308, quantity 1` rather than JSON. */
function shown(value: unknown): string {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) {
    return value.map(printable).join(', ');
  }
  if (!isObject(value)) return printable(value);
  return Object.entries(value)
    .map(([name, each]) => `${printable(name)} ${printable(each)}`)
    .join(', ');
}
