import { SchemaFault } from '../schema-fault.ts';
import type { ProtoEnum, ProtoFile, ProtoMessage } from './parse.ts';
import { WELL_KNOWN } from './well-known.ts';

/** How a value is written. Source: protobuf.dev/programming-guides/encoding, "Message Structure". */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, group: 3, end: 4, fixed32: 5 } as const;

const SCALARS = {
  double: WIRE.fixed64,
  float: WIRE.fixed32,
  int32: WIRE.varint,
  int64: WIRE.varint,
  uint32: WIRE.varint,
  uint64: WIRE.varint,
  sint32: WIRE.varint,
  sint64: WIRE.varint,
  fixed32: WIRE.fixed32,
  fixed64: WIRE.fixed64,
  sfixed32: WIRE.fixed32,
  sfixed64: WIRE.fixed64,
  bool: WIRE.varint,
  string: WIRE.bytes,
  bytes: WIRE.bytes,
} as const;

export type Scalar = keyof typeof SCALARS;

/** What a field holds. */
export type ValueType =
  | { readonly kind: 'scalar'; readonly scalar: Scalar; readonly wire: number }
  | { readonly kind: 'enum'; readonly symbols: ReadonlyMap<number, string>; readonly wire: number }
  | { readonly kind: 'message'; readonly message: MessageType; readonly wire: number };

export interface FieldType {
  /** As the schema writes it, and as JSON does. */
  readonly name: string;
  readonly jsonName: string;
  readonly isRepeated: boolean;
  /** Set for a map. */
  readonly keys: ValueType | null;
  readonly value: ValueType;
}

export interface MessageType {
  readonly fullName: string;
  /** By number. */
  readonly fields: Map<number, FieldType>;
  /** By position, as an index names them. */
  readonly messages: readonly MessageType[];
}

/** The types of a file and of what it imports. */
export interface ProtoTypes {
  /** Those of the file itself, by position. */
  readonly messages: readonly MessageType[];
}

interface Declared {
  readonly own: ProtoMessage;
  readonly type: MessageType;
}

/**
 * Compiles a .proto file.
 * @param imported what it imports, and of what that imports, in any order
 * @throws SchemaFault
 */
export function compileProto(file: ProtoFile, imported: readonly ProtoFile[]): ProtoTypes {
  const types = new TypeNames();
  for (const each of WELL_KNOWN) types.addFile(each);
  for (const each of imported) types.addFile(each);
  const messages = types.addFile(file);
  types.resolve();
  return { messages };
}

class TypeNames {
  private readonly messages = new Map<string, Declared>();
  private readonly enums = new Map<string, ProtoEnum>();

  addFile(file: ProtoFile): readonly MessageType[] {
    for (const each of file.enums) this.enums.set(join(file.package, each.name), each);
    return file.messages.map((message) => this.addMessage(message, file.package));
  }

  /** Gives every message its fields, once all types are known by name. */
  resolve(): void {
    for (const { own, type } of this.messages.values()) {
      for (const { name, jsonName, number, isRepeated, keys, type: named } of own.fields) {
        type.fields.set(number, {
          name,
          jsonName: jsonName ?? lowerCamelCase(name),
          isRepeated,
          keys: keys === null ? null : this.find(keys, type.fullName),
          value: this.find(named, type.fullName),
        });
      }
    }
  }

  private addMessage(own: ProtoMessage, scope: string): MessageType {
    const fullName = join(scope, own.name);
    for (const each of own.enums) this.enums.set(join(fullName, each.name), each);
    const messages = own.messages.map((message) => this.addMessage(message, fullName));
    const type = { fullName, fields: new Map(), messages };
    this.messages.set(fullName, { own, type });
    return type;
  }

  /** A name is looked up in the innermost scope first, and then in those around it. */
  private find(name: string, scope: string): ValueType {
    if (isScalar(name)) return { kind: 'scalar', scalar: name, wire: SCALARS[name] };
    const isComplete = name.startsWith('.');
    let at = isComplete ? '' : scope;
    for (;;) {
      const full = join(at, isComplete ? name.slice(1) : name);
      const message = this.messages.get(full)?.type;
      if (message !== undefined) return { kind: 'message', message, wire: WIRE.bytes };
      const found = this.enums.get(full);
      if (found !== undefined) return { kind: 'enum', symbols: found.symbols, wire: WIRE.varint };
      if (at === '') throw new SchemaFault('names a type that neither it nor its imports have');
      at = at.includes('.') ? at.slice(0, at.lastIndexOf('.')) : '';
    }
  }
}

function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}

function isScalar(name: string): name is Scalar {
  return Object.hasOwn(SCALARS, name);
}

/** Source: protobuf.dev/programming-guides/json: the name of a field in JSON. */
function lowerCamelCase(name: string): string {
  return name.replace(/_+(.?)/g, (_, letter: string) => letter.toUpperCase());
}
