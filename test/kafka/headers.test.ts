import { describe, expect, test } from '@jest/globals';
import { readMessage, writeMessage } from '#core/event/kafka-message.ts';
import { overTheWire } from '#test/crash/wire-headers.ts';

const bytes = (text: string): Buffer => Buffer.from(text);
const INHERITED = ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'];

describe('headers as our consumer gets them', () => {
  test.each(INHERITED)('one named %s is a header like any other', (key) => {
    const headers = overTheWire([{ key, value: bytes('a') }]);
    expect(Object.entries(headers)).toEqual([[key, bytes('a')]]);
  });

  test.each(INHERITED)('%s may come several times, and survives a dead letter', (key) => {
    const headers = overTheWire(['a', 'b', 'c'].map((text) => ({ key, value: bytes(text) })));
    const values = [bytes('a'), bytes('b'), bytes('c')];
    expect(Object.entries(headers)).toEqual([[key, values]]);
    const kept = readMessage(writeMessage({ key: null, value: bytes('v'), headers }));
    expect(Object.entries(kept.headers)).toEqual([[key, values]]);
  });

  test('a header without a value, without a name, or of any bytes is kept as it is', () => {
    const headers = overTheWire([
      { key: 'none', value: null },
      { key: '', value: Buffer.of(0xff, 0x00, 0x0a) },
    ]);
    const kept = readMessage(writeMessage({ key: null, value: null, headers }));
    expect(Object.entries(kept.headers)).toEqual([
      ['none', [null]],
      ['', [Buffer.of(0xff, 0x00, 0x0a)]],
    ]);
  });

  test('a message has none', () => {
    const headers = overTheWire([]);
    expect(Object.keys(headers)).toEqual([]);
    expect(headers['constructor']).toBeUndefined();
  });

  // kafkajs's own way takes some ten billion steps for these, and this one some hundred thousand.
  test('a hundred thousand of them are read in one pass', () => {
    const many = Array.from({ length: 100_000 }, (_, at) => ({ key: `h${at}`, value: bytes('v') }));
    expect(Object.keys(overTheWire(many))).toHaveLength(100_000);
    const same = many.map(({ value }) => ({ key: 'constructor', value }));
    expect(overTheWire(same)['constructor']).toHaveLength(100_000);
  });
});
