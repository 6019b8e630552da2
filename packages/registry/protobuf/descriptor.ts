import { asObject, type Json } from '#core/event/track-event.ts';
import { Input } from '../input.ts';
import { SchemaFault } from '../schema-fault.ts';
import { decodeMessage } from './decode.ts';
import { compileProto } from './message-type.ts';
import {
  type ProtoEnum,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  parseProto,
} from './parse.ts';

/*
 * Some clients register a compiled file, in base64, and some registries give it back as it is.
 * Source: protobuf's descriptor.proto.
 */
const DESCRIPTOR = `package google.protobuf;
  message FileDescriptorProto { string package = 2; repeated string dependency = 3;
    repeated DescriptorProto message_type = 4; repeated EnumDescriptorProto enum_type = 5; }
  message DescriptorProto { string name = 1; repeated FieldDescriptorProto field = 2;
    repeated DescriptorProto nested_type = 3; repeated EnumDescriptorProto enum_type = 4;
    MessageOptions options = 7; }
  message MessageOptions { bool map_entry = 7; }
  message EnumDescriptorProto { string name = 1; repeated EnumValueDescriptorProto value = 2; }
  message EnumValueDescriptorProto { string name = 1; int32 number = 2; }
  message FieldDescriptorProto { string name = 1; int32 number = 3; int32 label = 4; int32 type = 5;
    string type_name = 6; string json_name = 10; }`;

/** By their number; a group, a message or an enum has a name of its own. */
const TYPES = [
  ...['', 'double', 'float', 'int64', 'uint64', 'int32', 'fixed64', 'fixed32', 'bool', 'string'],
  ...['', '', 'bytes', 'uint32', '', 'sfixed32', 'sfixed64', 'sint32', 'sint64'],
];
const REPEATED = 3;

const BASE64 = /^[\w+/]{8,}={0,2}$/;
/** What a compiled file may become as JSON. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Reads a .proto file, or one that was compiled. @throws SchemaFault */
export function readProto(text: string): ProtoFile {
  const bare = text.trim();
  return BASE64.test(bare) ? readDescriptor(Buffer.from(bare, 'base64')) : parseProto(text);
}

function readDescriptor(bytes: Buffer): ProtoFile {
  const [type] = compileProto(parseProto(DESCRIPTOR), []).messages;
  if (type === undefined) throw new SchemaFault('cannot be read');
  let file: Json;
  try {
    file = asObject(decodeMessage(new Input(bytes, 0, MOST_BYTES), type)) ?? {};
  } catch {
    throw new SchemaFault('is neither a .proto file nor a compiled one');
  }
  return {
    package: textOf(file['package']),
    imports: [],
    messages: listOf(file['messageType']).map(messageOf),
    enums: listOf(file['enumType']).map(enumOf),
  };
}

function messageOf(declared: Json): ProtoMessage {
  const nested = listOf(declared['nestedType']);
  const entries = new Map(
    nested.filter(isEntry).map((each) => [textOf(each['name']), listOf(each['field'])]),
  );
  return {
    kind: 'message',
    name: textOf(declared['name']),
    fields: listOf(declared['field']).map((field) => fieldOf(field, entries)),
    // The entries of maps have no position of their own.
    messages: nested.filter((each) => !isEntry(each)).map(messageOf),
    enums: listOf(declared['enumType']).map(enumOf),
  };
}

function isEntry({ options }: Json): boolean {
  return asObject(options)?.['mapEntry'] === true;
}

function fieldOf(field: Json, entries: ReadonlyMap<string, readonly Json[]>): ProtoField {
  const { name, number, label, jsonName, typeName } = field;
  const entry = entries.get(textOf(typeName).split('.').at(-1) ?? '');
  const [key, value] = entry ?? [];
  return {
    name: textOf(name),
    jsonName: typeof jsonName === 'string' ? jsonName : null,
    number: Number(number),
    type: typeOf(value ?? field),
    isRepeated: label === REPEATED && entry === undefined,
    keys: key === undefined ? null : typeOf(key),
  };
}

function typeOf({ type, typeName }: Json): string {
  return TYPES[Number(type)] || textOf(typeName);
}

function enumOf(declared: Json): ProtoEnum {
  const symbols = new Map<number, string>();
  for (const { name, number = 0 } of listOf(declared['value'])) {
    if (!symbols.has(Number(number))) symbols.set(Number(number), textOf(name));
  }
  return { kind: 'enum', name: textOf(declared['name']), symbols };
}

function listOf(value: unknown): Json[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return items.map(asObject).filter((each) => each !== null);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
