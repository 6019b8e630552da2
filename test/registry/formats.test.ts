import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { compileSchema } from '#registry/compile.ts';
import { Input } from '#registry/input.ts';
import { inRepository } from '#test/support/in-repository.ts';

interface WrittenMessage {
  readonly name: string;
  readonly type: string;
  readonly schema: string;
  readonly references: readonly string[];
  /** What follows the id of the schema, in base64. */
  readonly payload: string;
  readonly event: unknown;
}

/**
 * Messages that confluent-kafka 2.16.1 for Python wrote, with fastavro 1.13.1 and protobuf 7.36.2. What
 * they become is written by hand.
 */
const WRITTEN = JSON.parse(
  readFileSync(inRepository('test/fixtures/schema-messages.json'), 'utf8'),
) as readonly WrittenMessage[];

function decode(
  { type, schema, references }: WrittenMessage,
  payload: Buffer,
  most = 1e6,
): unknown {
  return compileSchema({ type, text: schema, references })(new Input(payload, 0, most), null);
}

describe('a message of another client is decoded', () => {
  test.each(WRITTEN.map((each) => [each.name, each] as const))('%s', (_, message) => {
    const payload = Buffer.from(message.payload, 'base64');
    expect(decode(message, payload)).toStrictEqual(message.event);
    // What is counted is about what its JSON takes.
    const bytes = JSON.stringify(message.event).length;
    expect(() => decode(message, payload, bytes * 2)).not.toThrow();
    expect(() => decode(message, payload, bytes / 2)).toThrow();
  });

  test.each(WRITTEN.map((each) => [each.name, each] as const))(
    '%s: cut anywhere or with any byte changed, it is another event, or fails as expected',
    (_, message) => {
      const payload = Buffer.from(message.payload, 'base64');
      for (let at = 0; at < payload.length; at++) {
        const changed = Buffer.from(payload);
        changed[at] = 255 - (payload[at] ?? 0);
        for (const bytes of [payload.subarray(0, at), changed]) {
          try {
            JSON.stringify(decode(message, bytes));
          } catch (error) {
            expect((error as Error).constructor.name).toMatch(/^(Undecodable|DecodesTooLarge)$/);
          }
        }
      }
    },
  );
});

const PROTO2 = `// An older file.
syntax = 'proto2';
package old;
extend google.protobuf.FieldOptions { optional string mask = 50000; }
message Event {
  required string event = 1 [(mask) = "a // b", json_name = "eventName"];
  optional group Extra = 2 { optional int32 n = 1; }
  repeated int32 list = 3 [packed = true, (deep) = { a: [1, 2] b { c: "}" } }];
  enum Kind { option allow_alias = true; A = 0; B = 1; ALSO_B = 1 [deprecated = true]; NEGATIVE = -1; }
  optional Kind kind = 4 [default = B];
  extensions 100 to max;
  oneof one { option (x) = true; string a = 5; .old.Missing2 b = 6; }
}
message Missing2 { optional bool flag = 1; };`;

test('older and odder .proto files are read', () => {
  const message = { type: 'PROTOBUF', schema: PROTO2, references: [] };
  const payload = [
    ...[0x00, 0x0a, 1, 0x41],
    ...[0x13, 0x08, 7, 0x14],
    ...[0x18, 1, 0x1a, 2, 2, 3],
    ...[0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    ...[0x32, 2, 0x08, 1],
    ...[0xa0, 6, 5],
  ];
  expect(decode({ ...message, name: '', payload: '', event: null }, Buffer.from(payload))).toEqual({
    eventName: 'A',
    extra: { n: 7 },
    list: [1, 2, 3],
    kind: 'NEGATIVE',
    b: { flag: true },
  });
});

test('a .proto file of a megabyte of comments and texts without an end is refused at once', () => {
  for (const part of ['/*', '"\\', '\'"', '{', '[', 'a.', '//\n']) {
    const schema = `message A { ${part.repeat(500_000)}`;
    const message = {
      name: '',
      type: 'PROTOBUF',
      schema,
      references: [],
      payload: '',
      event: null,
    };
    expect(() => decode(message, Buffer.of(0))).toThrow();
  }
});
