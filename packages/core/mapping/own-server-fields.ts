import type { PixelSettings } from '../event/pixel-settings.ts';
import { type FieldReader, fieldReader, type ReadValue } from '../fields/field-reader.ts';
import { holdsEmail } from '../privacy/personal-data.ts';
import { type Draft, warn } from './draft.ts';
import type { EventName } from './event-name.ts';
import { textOf } from './scalars.ts';
import { readServerObject, type ServerObject, serverObjects } from './server-fields.ts';

/** How a pixel fills one object: as a whole, or some of its parts, or both. */
interface OwnObject {
  readonly field: ServerObject;
  readonly whole: FieldReader<Draft, Record<string, unknown>> | null;
  readonly parts: readonly (readonly [part: string, read: FieldReader<Draft, unknown>])[];
}

/**
 * Fills the fields at the top level of the server event that few events have, from the sources that the
 * pixel names. Null for a pixel that names none.
 */
export function createOwnServerFields(
  { fields }: Pick<PixelSettings, 'fields'>,
  names: (name: string) => EventName,
): ((draft: Draft) => void) | null {
  const channel = fieldReader(fields, 'messaging_channel', readChannel);
  const objects = Object.entries(serverObjects(names)).flatMap(([field, rows]): OwnObject[] => {
    const own = ownObject(fields, field as ServerObject, rows);
    return own.whole === null && own.parts.length === 0 ? [] : [own];
  });
  if (channel === null && objects.length === 0) return null;
  return (draft) => {
    const isMessaging = draft.actionSource === 'business_messaging';
    if (channel !== null && isMessaging) put(draft, 'messaging_channel', channel(draft));
    for (const object of objects) {
      if (isMessaging || object.field !== 'messaging_outcome_data') fill(draft, object);
    }
  };
}

function ownObject(
  fields: PixelSettings['fields'],
  field: ServerObject,
  rows: ReturnType<typeof serverObjects>[ServerObject],
): OwnObject {
  const whole = fieldReader(fields, field, (draft: Draft, value, path) => {
    return readServerObject(draft, value, path, rows) ?? undefined;
  });
  const parts = new Map([...rows.values()].map((row) => [row.field, row.read] as const));
  return {
    field,
    whole,
    parts: [...parts].flatMap(([part, read]) => {
      const reader = fieldReader(fields, `${field}.${part}`, readPart(read));
      return reader === null ? [] : [[part, reader] as const];
    }),
  };
}

const readChannel: ReadValue<Draft, string> = (draft, value, path) => {
  const channel = textOf(value)?.toLowerCase();
  if (channel === undefined) warn(draft, 'invalid_property', path);
  return channel;
};

function readPart(read: (value: unknown) => unknown): ReadValue<Draft, unknown> {
  return (draft, value, path) => {
    const found = read(value);
    if (found === null) warn(draft, 'invalid_property', path);
    if (typeof found !== 'string' || !holdsEmail(found)) return found ?? undefined;
    warn(draft, 'personal_data_removed', path);
    return undefined;
  };
}

function fill(draft: Draft, { field, whole, parts }: OwnObject): void {
  const found = { ...(whole === null ? draft.serverFields?.[field] : whole(draft)) };
  for (const [part, read] of parts) {
    const value = read(draft) ?? null;
    if (value === null) delete found[part];
    else found[part] = value;
  }
  put(draft, field, Object.keys(found).length === 0 ? null : found);
}

type ServerFields = NonNullable<Draft['serverFields']>;

function put<F extends keyof ServerFields>(
  draft: Draft,
  field: F,
  value: ServerFields[F] | null,
): void {
  draft.serverFields ??= {};
  if (value === null || value === undefined) delete draft.serverFields[field];
  else draft.serverFields[field] = value;
}
