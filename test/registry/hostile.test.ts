import { describe, expect, test } from '@jest/globals';
import { compileSchema } from '#registry/compile.ts';
import type { FetchedSchema } from '#registry/fetch-schema.ts';
import { DecodesTooLarge, Input, Undecodable } from '#registry/input.ts';
import { SchemaFault } from '#registry/schema-fault.ts';

const MOST = 100_000;

function avro(schema: unknown, ...references: unknown[]): FetchedSchema {
  const text = (each: unknown): string => (typeof each === 'string' ? each : JSON.stringify(each));
  return { type: 'AVRO', text: text(schema), references: references.map(text) };
}

function proto(text: string, ...references: string[]): FetchedSchema {
  return { type: 'PROTOBUF', text, references };
}

function decode(schema: FetchedSchema, bytes: readonly number[] | Buffer): unknown {
  return compileSchema(schema)(new Input(Buffer.from(bytes), 0, MOST), null);
}

const nested = (name: string, type: unknown) => ({
  type: 'record',
  name,
  fields: [{ name: 'v', type }],
});
const ARRAY_OF_NULLS = nested('R', { type: 'array', items: 'null' });
/** 2^50 in zigzag form. */
const HUGE_COUNT = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x04];

/** Each record has two of the next: 2^60 of the last, in no bytes at all. */
const BOMB = {
  type: 'record',
  name: 'R0',
  fields: [{ name: 'next', type: doubled(1) }],
};

function doubled(level: number): unknown {
  if (level > 60) return 'null';
  const fields = [
    { name: 'a', type: doubled(level + 1) },
    { name: 'b', type: `R${level + 1}` },
  ];
  return { type: 'record', name: `R${level}`, fields: level === 60 ? [] : fields };
}

describe('what a few bytes can stand for is bounded', () => {
  test.each<[string, FetchedSchema, readonly number[]]>([
    ['a huge array of nulls', avro(ARRAY_OF_NULLS), HUGE_COUNT],
    ['records that double', avro(BOMB), []],
    ['a record in itself', avro(nested('R', 'R')), []],
  ])('%s', (_, schema, bytes) => {
    expect(() => decode(schema, bytes)).toThrow();
    try {
      decode(schema, bytes);
    } catch (error) {
      expect([DecodesTooLarge, Undecodable]).toContain((error as Error).constructor);
    }
  });
});

const TRACK = avro(nested('Track', 'string'));
const NOTE = proto(
  'syntax = "proto3"; message Note { string a = 1; Note b = 2; repeated int32 c = 3; }',
);

test.each<[string, FetchedSchema, readonly number[] | Buffer]>([
  ['nothing', TRACK, []],
  ['a text that is longer than the message', TRACK, [0x7e, 0x41]],
  ['a negative length', TRACK, [0x01]],
  ['a number without an end', TRACK, Array(20).fill(0xff)],
  ['bytes at the end', TRACK, [0x02, 0x41, 0x00]],
  ['a branch that there is not', avro(nested('R', ['null', 'string'])), [0x08]],
  [
    'a symbol that there is not',
    avro(nested('R', { type: 'enum', name: 'E', symbols: ['A'] })),
    [2],
  ],
  ['no object', avro('"string"'), [0x02, 0x41]],
  ['a type by an index that there is not', NOTE, [0x02, 0x02]],
  ['a negative index', NOTE, [0x02, 0x01]],
  ['a thousand indexes', NOTE, [0xd0, 0x0f]],
  ['a field that is cut off', NOTE, [0x00, 0x0a, 0x05, 0x41]],
  ['a wire type that there is not', NOTE, [0x00, 0x0f]],
  ['a message in itself 1,000 times', NOTE, nestedNotes(1000)],
  ['groups without an end', proto('message A {}'), [0x00, ...Array(1000).fill(0x0b)]],
  ['JSON that is none', { type: 'JSON', text: '{}', references: [] }, Buffer.from('{"a":')],
  ['JSON that is no object', { type: 'JSON', text: '{}', references: [] }, Buffer.from('[]')],
])('%s is undecodable', (_, schema, bytes) => {
  expect(() => decode(schema, bytes)).toThrow(Undecodable);
});

function nestedNotes(levels: number): Buffer {
  let note = Buffer.alloc(0);
  for (let level = 0; level < levels; level++) {
    const length = [(note.length & 0x7f) | 0x80, (note.length >> 7) | 0x80, note.length >> 14];
    note = Buffer.concat([Buffer.from([0x12, ...length]), note]);
  }
  return Buffer.concat([Buffer.from([0]), note]);
}

const deep = (levels: number): string =>
  `${'{"type":"array","items":'.repeat(levels)}"int"${'}'.repeat(levels)}`;

test.each<[string, FetchedSchema]>([
  ['is no JSON', avro('{')],
  ['names no type', avro('{"type":"record","name":"R","fields":[{"name":"a","type":"nope"}]}')],
  ['names an inherited member', avro('"constructor"')],
  ['has a record without fields', avro('{"type":"record","name":"R"}')],
  ['is nested 10,000 deep', avro(deep(10_000))],
  ['is a list nested in itself', avro('['.repeat(5000) + ']'.repeat(5000))],
  ['is no .proto file', proto('<html>')],
  ['ends in a comment', proto('message A { /* ')],
  ['has a message without an end', proto('message A {')],
  ['nests messages 10,000 deep', proto('message A {'.repeat(10_000) + '}'.repeat(10_000))],
  ['lacks an import', proto('message A { other.B b = 1; }')],
  ['has no field number', proto('message A { string a = x; }')],
  ['has an unknown type', { type: 'XML', text: '<a/>', references: [] }],
])('a schema that %s cannot be used', (_, schema) => {
  expect(() => compileSchema(schema)).toThrow(SchemaFault);
});

test('names of members are only names', () => {
  const fields = ['__proto__', 'constructor', 'toString'].map((name) => ({ name, type: 'string' }));
  const record = decode(avro({ type: 'record', name: 'R', fields }), [2, 0x41, 2, 0x42, 2, 0x43]);
  expect(Object.keys(record as object)).toEqual(['__proto__', 'constructor', 'toString']);
  expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
  const map = proto('message A { map<string, string> m = 1; string __proto__ = 2; }');
  const key = Buffer.from('__proto__');
  const entry = [0x0a, key.length, ...key, 0x12, 1, 0x41];
  const decoded = decode(map, [0, 0x0a, entry.length, ...entry, 0x12, 1, 0x42]) as object;
  expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  expect(JSON.stringify(decoded)).toBe('{"m":{"__proto__":"A"},"Proto":"B"}');
});
