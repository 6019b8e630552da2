import type { KafkaMessage } from './kafka-message.ts';
import { type DecodedEvent, parseEvent, type SchemaKey } from './track-event.ts';

/** What is read of a message: its value, and the headers that may name its schema. */
export type EncodedMessage = Pick<KafkaMessage, 'value' | 'headers'>;

/** A schema has to be loaded before the message can be decoded. */
export interface NeedsSchema {
  readonly needs: SchemaKey;
}

/** Turns the values of messages into events, however they are written. */
export interface EventDecoder {
  /** The event of a message of at most `maxBytes`, before and after. Never throws. */
  decode(message: EncodedMessage, topic: string, maxBytes: number): DecodedEvent | NeedsSchema;
  /** The schemas that messages of a topic need and that are not loaded; not all of a great many. */
  missing(messages: Iterable<EncodedMessage>, topic: string): ReadonlySet<SchemaKey>;
  /** Loads schemas. @throws while they cannot be asked for: asking again may help */
  load(keys: ReadonlySet<SchemaKey>): Promise<void>;
}

const NOTHING: ReadonlySet<SchemaKey> = new Set();

/** Every value is the JSON of its event. */
export const PLAIN_JSON: EventDecoder = {
  decode: ({ value }, _, maxBytes) => parseEvent(value, maxBytes),
  missing: () => NOTHING,
  load: async () => {},
};
