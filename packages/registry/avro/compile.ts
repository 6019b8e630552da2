import { asObject, type Json } from '#core/event/track-event.ts';
import { type Input, jsonInteger, put, Undecodable } from '../input.ts';
import { SchemaFault } from '../schema-fault.ts';
import { type LogicalSchema, readLogicalBytes, readTime } from './logical.ts';

/*
 * Written here rather than taken from a library: those turn a schema's text into code, and none bounds
 * what a message becomes. Only the schema that wrote a message is needed, so there is nothing to resolve.
 * Source: avro.apache.org/docs/1.12.0/specification, "Binary Encoding".
 */

type Read = (input: Input) => unknown;

/** A schema's own types may be nested this deep. */
const MOST_LEVELS = 100;

const PRIMITIVES: Readonly<Record<string, Read>> = {
  null(input) {
    input.spend(4);
    return null;
  },
  boolean(input) {
    input.spend(4);
    return input.byte() !== 0;
  },
  int: readInteger,
  long: readInteger,
  float: (input) => input.float(),
  double: (input) => input.double(),
  bytes: (input) => input.base64(input.size()),
  string: (input) => input.text(input.size()),
};

function readInteger(input: Input): number | string {
  input.spend(2);
  return jsonInteger(input.zigzag());
}

/** Compiles schemas that refer to each other by name. */
export class AvroCompiler {
  private readonly named = new Map<string, Read>();
  private levels = 0;

  /** @throws SchemaFault */
  compile(text: string): Read {
    let schema: unknown;
    try {
      schema = JSON.parse(text);
    } catch {
      // Some registries store the schema `"string"` without its quotes.
      schema = text.trim();
    }
    return this.type(schema, '');
  }

  private type(schema: unknown, namespace: string): Read {
    this.levels += 1;
    if (this.levels > MOST_LEVELS) throw new SchemaFault(`is nested over ${MOST_LEVELS} levels`);
    try {
      if (typeof schema === 'string') return this.reference(schema, namespace);
      if (Array.isArray(schema)) return this.union(schema, namespace);
      const object = asObject(schema);
      if (object === null) throw new SchemaFault('has a type that is none of Avro');
      return this.complex(object, namespace);
    } finally {
      this.levels -= 1;
    }
  }

  private reference(name: string, namespace: string): Read {
    if (Object.hasOwn(PRIMITIVES, name)) return PRIMITIVES[name] as Read;
    const own = this.named.get(fullName(name, namespace)) ?? this.named.get(name);
    if (own === undefined)
      throw new SchemaFault('names a type that neither it nor its references have');
    return own;
  }

  private complex(schema: Json, namespace: string): Read {
    const { type } = schema;
    switch (type) {
      case 'record':
      case 'error':
        return this.record(schema, namespace);
      case 'enum':
        return this.define(schema, namespace, enumOf(schema));
      case 'fixed':
        return this.define(schema, namespace, fixedOf(schema));
      case 'array':
        return arrayOf(this.type(schema['items'], namespace));
      case 'map':
        return mapOf(this.type(schema['values'], namespace));
      case 'int':
      case 'long':
        return readTime(schema) ?? readInteger;
      case 'bytes':
        return readLogicalBytes(schema, (input) => input.size()) ?? (PRIMITIVES['bytes'] as Read);
      default:
        return this.type(type, namespace);
    }
  }

  private define(schema: LogicalSchema, namespace: string, read: Read): Read {
    this.named.set(nameOf(schema, namespace), read);
    return read;
  }

  private record(schema: Json, namespace: string): Read {
    const name = nameOf(schema, namespace);
    const { fields } = schema;
    if (!Array.isArray(fields)) throw new SchemaFault('has a record without fields');
    let read: Read = () => {
      throw new Undecodable('its schema is not complete');
    };
    // Known by its name before its fields are: they may be records of the same kind.
    this.named.set(name, (input) => read(input));
    const inside = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '';
    const own = fields.map((field): readonly [string, Read] => {
      const object = asObject(field);
      if (typeof object?.['name'] !== 'string') throw new SchemaFault('has a field without a name');
      return [object['name'], this.type(object['type'], inside)];
    });
    read = recordOf(own);
    return read;
  }

  private union(branches: readonly unknown[], namespace: string): Read {
    const own = branches.map((branch) => this.type(branch, namespace));
    return (input) => {
      const read = own[input.size()];
      if (read === undefined) throw new Undecodable('it has a branch that its union does not have');
      return read(input);
    };
  }
}

function nameOf({ name, namespace: own }: LogicalSchema, namespace: string): string {
  if (typeof name !== 'string') throw new SchemaFault('has a type without a name');
  return fullName(name, typeof own === 'string' ? own : namespace);
}

/** Source: the specification, "Names": a name with a dot is complete. */
function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function recordOf(fields: readonly (readonly [string, Read])[]): Read {
  const names = fields.map(([name]) => name);
  const reads = fields.map(([, read]) => read);
  const bytes = names.reduce((sum, name) => sum + name.length + 4, 2);
  return (input) => {
    input.spend(bytes);
    input.enter();
    const record: Record<string, unknown> = {};
    for (let at = 0; at < names.length; at++) {
      put(record, names[at] as string, (reads[at] as Read)(input));
    }
    input.leave();
    return record;
  };
}

function enumOf({ symbols }: LogicalSchema): Read {
  if (!Array.isArray(symbols)) throw new SchemaFault('has an enum without symbols');
  return (input) => {
    const symbol: unknown = symbols[input.size()];
    if (typeof symbol !== 'string')
      throw new Undecodable('it has a symbol that its enum does not have');
    input.spend(symbol.length + 2);
    return symbol;
  };
}

function fixedOf(schema: LogicalSchema): Read {
  const { size } = schema;
  if (typeof size !== 'number') throw new SchemaFault('has a fixed type without a size');
  return readLogicalBytes(schema, () => size) ?? ((input) => input.base64(size));
}

function arrayOf(read: Read): Read {
  return (input) => {
    input.enter();
    const items: unknown[] = [];
    readBlocks(input, () => items.push(read(input)));
    input.leave();
    return items;
  };
}

function mapOf(read: Read): Read {
  return (input) => {
    input.enter();
    const members: Record<string, unknown> = {};
    readBlocks(input, () => put(members, input.text(input.size()), read(input)));
    input.leave();
    return members;
  };
}

/** Blocks of items, each with its count; a negative count is followed by the block's size in bytes. */
function readBlocks(input: Input, item: () => void): void {
  for (let count = input.size(); count !== 0; count = input.size()) {
    if (count < 0) input.size();
    const items = Math.abs(count);
    // Before the first is read: items may take no bytes.
    input.spend(items);
    for (let at = 0; at < items; at++) item();
  }
  input.spend(2);
}
