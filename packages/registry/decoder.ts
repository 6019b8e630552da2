import type { EncodedMessage, EventDecoder, NeedsSchema } from '#core/event/event-decoder.ts';
import {
  type DecodedEvent,
  parseEvent,
  type SchemaKey,
  tooLarge,
  UNDECODABLE,
} from '#core/event/track-event.ts';
import { type ReadPayload, readIndexes } from './compile.ts';
import { DecodesTooLarge, Input, Undecodable } from './input.ts';
import type { SchemaCache } from './schema-cache.ts';
import { type SchemaName, schemaOf } from './wire-format.ts';

/** Schemas that one call of `missing` names. */
const MOST_MISSING = 1000;

/**
 * Decodes messages with the schemas that they name, in Confluent's wire format. A message that names none
 * is read as JSON, so that a topic can move from one to the other.
 */
export class RegistryDecoder implements EventDecoder {
  private readonly schemas: Pick<SchemaCache, 'get' | 'load'>;
  private readonly topics: ReadonlySet<string>;

  /** @param topics whose messages name schemas */
  constructor(schemas: Pick<SchemaCache, 'get' | 'load'>, topics: readonly string[]) {
    this.schemas = schemas;
    this.topics = new Set(topics);
  }

  decode(message: EncodedMessage, topic: string, maxBytes: number): DecodedEvent | NeedsSchema {
    const { value } = message;
    const named = this.topics.has(topic) ? schemaOf(message) : null;
    if (value === null || named === null) return parseEvent(value, maxBytes);
    const { key } = named;
    if (value.length > maxBytes) {
      return { ...tooLarge('message', value.length, maxBytes), schema: key };
    }
    const schema = this.schemas.get(key);
    if (schema === undefined) return { needs: key };
    if ('fault' in schema) return undecodable(key, `schema ${key} ${schema.fault}`);
    return decodeWith(schema.read, value, named, maxBytes);
  }

  missing(messages: Iterable<EncodedMessage>, topic: string): ReadonlySet<SchemaKey> {
    const missing = new Set<SchemaKey>();
    if (!this.topics.has(topic)) return missing;
    for (const message of messages) {
      const named = schemaOf(message);
      if (named === null || this.schemas.get(named.key) !== undefined) continue;
      missing.add(named.key);
      if (missing.size === MOST_MISSING) break;
    }
    return missing;
  }

  load(keys: ReadonlySet<SchemaKey>): Promise<void> {
    return this.schemas.load(keys);
  }
}

function decodeWith(
  read: ReadPayload,
  value: Buffer,
  { key, payloadAt, indexes }: SchemaName,
  maxBytes: number,
): DecodedEvent {
  try {
    const beside = indexes?.length ? readIndexes(new Input(indexes, 0, 0)) : null;
    return { event: read(new Input(value, payloadAt, maxBytes), beside), schema: key };
  } catch (error) {
    if (error instanceof DecodesTooLarge) {
      const message = `the message decodes to more than ${maxBytes} bytes, which ingest.maxMessageBytes allows`;
      return { reason: 'too_large', message, schema: key };
    }
    const why = error instanceof Undecodable ? error.message : 'it fails to decode';
    return undecodable(key, `the message does not decode with schema ${key}: ${why}`);
  }
}

function undecodable(schema: SchemaKey, message: string): DecodedEvent {
  return { reason: UNDECODABLE, message, schema };
}
