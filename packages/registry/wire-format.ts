import type { EncodedMessage } from '#core/event/event-decoder.ts';
import type { SchemaKey } from '#core/event/track-event.ts';
import { uuidOf } from './avro/logical.ts';

/** The schema of a message, and where what it describes starts. */
export interface SchemaName {
  readonly key: SchemaKey;
  /** Where the payload starts in the value. */
  readonly payloadAt: number;
  /** What the header says besides, of Protobuf. Null where the value itself says it. */
  readonly indexes: Buffer | null;
}

const BY_ID = 0;
const BY_GUID = 1;
const ID_BYTES = 5;
const GUID_BYTES = 17;

/** Source: Confluent's clients, `SchemaId.VALUE_SCHEMA_ID_HEADER`. */
const HEADER = '__value_schema_id';

/**
 * The schema that a message names: in a header, or at the start of its value. Null for a value that names
 * none, such as plain JSON, which never starts with a zero.
 * Source: docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop, "Wire format".
 */
export function schemaOf({ value, headers }: EncodedMessage): SchemaName | null {
  if (Object.hasOwn(headers, HEADER)) {
    const header = [headers[HEADER]].flat().at(-1);
    const named = Buffer.isBuffer(header) ? keyIn(header) : null;
    if (named !== null && Buffer.isBuffer(header)) {
      return { key: named.key, payloadAt: 0, indexes: header.subarray(named.length) };
    }
  }
  if (value === null || value[0] !== BY_ID) return null;
  const named = keyIn(value);
  return named && { key: named.key, payloadAt: named.length, indexes: null };
}

/** Null where the bytes name no schema. */
function keyIn(bytes: Buffer): { readonly key: SchemaKey; readonly length: number } | null {
  if (bytes[0] === BY_ID && bytes.length >= ID_BYTES) {
    const key = bytes.readInt32BE(1);
    return key < 0 ? null : { key, length: ID_BYTES };
  }
  if (bytes[0] !== BY_GUID || bytes.length < GUID_BYTES) return null;
  return { key: uuidOf(bytes.subarray(1, GUID_BYTES)), length: GUID_BYTES };
}
