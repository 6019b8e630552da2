import { asObject, type Json } from '#core/event/track-event.ts';
import { AvroCompiler } from './avro/compile.ts';
import type { FetchedSchema } from './fetch-schema.ts';
import { type Input, Undecodable } from './input.ts';
import { decodeMessage } from './protobuf/decode.ts';
import { readProto } from './protobuf/descriptor.ts';
import { compileProto, type MessageType, type ProtoTypes } from './protobuf/message-type.ts';
import { SchemaFault } from './schema-fault.ts';

/** Reads what follows the name of the schema. @throws Undecodable, DecodesTooLarge */
export type ReadPayload = (input: Input, indexes: readonly number[] | null) => Json;

/** @throws SchemaFault */
export function compileSchema({ type, text, references }: FetchedSchema): ReadPayload {
  switch (type) {
    case 'AVRO':
      return compileAvro(text, references);
    case 'PROTOBUF':
      return compileProtobuf(compileProto(readProto(text), references.map(readProto)));
    case 'JSON':
      // Producers validate against the schema; as with Confluent's own client, readers do not.
      return readJson;
    default:
      throw new SchemaFault('has a type other than AVRO, PROTOBUF and JSON');
  }
}

function compileAvro(text: string, references: readonly string[]): ReadPayload {
  const compiler = new AvroCompiler();
  for (const each of references) compiler.compile(each);
  const read = compiler.compile(text);
  return (input) => {
    const event = asEvent(read(input));
    if (input.at !== input.end) throw new Undecodable('bytes are left at its end');
    return event;
  };
}

function readJson(input: Input): Json {
  const text = input.text(input.end - input.at);
  try {
    return asEvent(JSON.parse(text));
  } catch (error) {
    throw error instanceof Undecodable ? error : new Undecodable('it is not JSON');
  }
}

function asEvent(value: unknown): Json {
  const event = asObject(value);
  if (event === null) throw new Undecodable('it is not an object');
  return event;
}

/** No type is nested deeper in another. */
const MOST_INDEXES = 100;

function compileProtobuf({ messages }: ProtoTypes): ReadPayload {
  return (input, indexes) => {
    const type = typeAt(messages, indexes ?? readIndexes(input));
    return asEvent(decodeMessage(input, type));
  };
}

/** The type of a message: its position in the file, then in the message around it, and so on. */
function typeAt(messages: readonly MessageType[], indexes: readonly number[]): MessageType {
  let type: MessageType | undefined;
  let inside = messages;
  for (const index of indexes) {
    type = inside[index];
    if (type === undefined) break;
    inside = type.messages;
  }
  if (type === undefined) throw new Undecodable('it names a type that its schema does not have');
  return type;
}

/**
 * Source: docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop, "Wire format":
 * a count and as many numbers, all in zigzag form; a count of 0 stands for the first type.
 */
export function readIndexes(input: Input): number[] {
  const count = input.size();
  if (count === 0) return [0];
  if (!(count > 0 && count <= MOST_INDEXES)) throw new Undecodable('it names no type');
  return Array.from({ length: count }, () => input.size());
}
