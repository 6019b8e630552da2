import { exact, type Input, jsonInteger, put, Undecodable } from '../input.ts';
import { type FieldType, type MessageType, type ValueType, WIRE } from './message-type.ts';
import { CONVERSIONS } from './well-known.ts';

/*
 * Source: protobuf.dev/programming-guides/encoding. What a schema does not know is skipped, as every
 * reader of Protobuf does.
 */

/** The member of a Track event below which fields keep the names that the schema gives them. */
const PROPERTIES = 'properties';

/** How fields are called: at the top of the event, in it, or below its properties. */
type Naming = 'top' | 'json' | 'own';

/** The message of a type up to the end of the input. */
export function decodeMessage(input: Input, type: MessageType): unknown {
  return readMessage(input, type, 'top', undefined);
}

/** @param before what an earlier part of the same field said: parts are merged */
function readMessage(input: Input, type: MessageType, naming: Naming, before: unknown): unknown {
  const convert = CONVERSIONS.get(type.fullName);
  const own: Record<string, unknown> = {};
  const isMerged = convert === undefined && isObject(before);
  const target = isMerged ? before : own;
  const inside = convert === undefined ? naming : 'own';
  input.spend(2);
  input.enter();
  while (input.at < input.end) {
    const tag = Number(input.varint());
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === WIRE.end) break;
    const field = type.fields.get(number);
    if (field === undefined || !readField(input, field, wire, inside, target)) {
      skip(input, wire);
    }
  }
  input.leave();
  return convert === undefined ? target : convert(own);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns false where the field is written in a way that it cannot be */
function readField(
  input: Input,
  { name, jsonName, isRepeated, keys, value }: FieldType,
  wire: number,
  naming: Naming,
  target: Record<string, unknown>,
): boolean {
  const called = naming === 'own' ? name : jsonName;
  const inside = naming === 'top' ? (jsonName === PROPERTIES ? 'own' : 'json') : naming;
  input.spend(called.length + 4);
  const before = Object.hasOwn(target, called) ? target[called] : undefined;
  if (keys !== null) {
    if (wire !== WIRE.bytes) return false;
    const members = isObject(before) ? before : {};
    readEntry(input, keys, value, inside, members);
    put(target, called, members);
    return true;
  }
  const isPacked = isRepeated && wire === WIRE.bytes && value.wire !== WIRE.bytes;
  const isGroup = wire === WIRE.group && value.kind === 'message';
  if (wire !== value.wire && !isPacked && !isGroup) return false;
  if (!isRepeated) {
    put(target, called, readValue(input, value, wire, inside, before));
    return true;
  }
  const items: unknown[] = Array.isArray(before) ? before : [];
  if (isPacked) {
    within(input, () => {
      while (input.at < input.end) items.push(readValue(input, value, value.wire, inside));
    });
  } else items.push(readValue(input, value, wire, inside));
  put(target, called, items);
  return true;
}

/** An entry of a map is a message with a key and a value. */
function readEntry(
  input: Input,
  keys: ValueType,
  values: ValueType,
  naming: Naming,
  members: Record<string, unknown>,
): void {
  within(input, () => {
    let key: unknown = '';
    let value: unknown = emptyOf(values);
    while (input.at < input.end) {
      const tag = Number(input.varint());
      const wire = tag % 8;
      if (tag === 8 + keys.wire) key = readValue(input, keys, wire, naming);
      else if (tag === 16 + values.wire) value = readValue(input, values, wire, naming);
      else skip(input, wire);
    }
    input.spend(String(key).length + 4);
    put(members, String(key), value);
  });
}

/** The value of an entry that leaves it out. */
function emptyOf(type: ValueType): unknown {
  if (type.kind === 'message') return CONVERSIONS.get(type.message.fullName)?.({}) ?? {};
  if (type.kind === 'enum') return type.symbols.get(0) ?? 0;
  if (type.scalar === 'bool') return false;
  return type.scalar === 'string' || type.scalar === 'bytes' ? '' : 0;
}

/** Reads a part that starts with its length. */
function within<T>(input: Input, read: () => T): T {
  const length = Number(input.varint());
  const { end } = input;
  const start = input.skip(length);
  input.at = start;
  input.end = start + length;
  const value = read();
  input.at = input.end;
  input.end = end;
  return value;
}

function readValue(
  input: Input,
  type: ValueType,
  wire: number,
  naming: Naming,
  before?: unknown,
): unknown {
  if (type.kind === 'message') {
    const { message } = type;
    if (wire === WIRE.group) return readMessage(input, message, naming, before);
    return within(input, () => readMessage(input, message, naming, before));
  }
  if (type.kind === 'enum') {
    input.spend(2);
    const number = Number(BigInt.asIntN(32, BigInt(input.varint())));
    return type.symbols.get(number) ?? number;
  }
  return readScalar(input, type.scalar);
}

function readScalar(input: Input, scalar: (ValueType & { kind: 'scalar' })['scalar']): unknown {
  switch (scalar) {
    case 'string':
      return input.text(Number(input.varint()));
    case 'bytes':
      return input.base64(Number(input.varint()));
    case 'double':
      return input.double();
    case 'float':
      return input.float();
    case 'bool':
      input.spend(4);
      return Number(input.varint()) !== 0;
    default:
      input.spend(2);
      return jsonInteger(readInteger(input, scalar));
  }
}

function readInteger(input: Input, scalar: string): number | bigint {
  const { bytes } = input;
  switch (scalar) {
    case 'sint32':
    case 'sint64':
      return input.zigzag();
    case 'uint32':
    case 'uint64':
      return input.varint();
    case 'fixed32':
      return bytes.readUInt32LE(input.skip(4));
    case 'sfixed32':
      return bytes.readInt32LE(input.skip(4));
    case 'fixed64':
      return exact(bytes.readBigUInt64LE(input.skip(8)));
    case 'sfixed64':
      return exact(bytes.readBigInt64LE(input.skip(8)));
    default: {
      // Negative numbers of 32 bits are written with 64.
      const value = input.varint();
      const bits = scalar === 'int32' ? 32 : 64;
      if (typeof value === 'number' && value < 0x8000_0000) return value;
      return exact(BigInt.asIntN(bits, BigInt(value)));
    }
  }
}

function skip(input: Input, wire: number): void {
  switch (wire) {
    case WIRE.varint:
      input.varint();
      return;
    case WIRE.fixed64:
      input.skip(8);
      return;
    case WIRE.bytes:
      input.skip(Number(input.varint()));
      return;
    case WIRE.fixed32:
      input.skip(4);
      return;
    case WIRE.group:
      skipGroup(input);
      return;
    default:
      throw new Undecodable('a field is written in a way that Protobuf does not have');
  }
}

function skipGroup(input: Input): void {
  input.enter();
  while (input.at < input.end) {
    const wire = Number(input.varint()) % 8;
    if (wire === WIRE.end) break;
    skip(input, wire);
  }
  input.leave();
}
