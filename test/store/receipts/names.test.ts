import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { MessageNames, PositionNames } from '#store/receipts/names.ts';

const key = (fill: number) => Buffer.alloc(32, fill);
const KEYS = [
  { id: 'old', key: key(1) },
  { id: 'new', key: key(2) },
];

describe('names of messages', () => {
  test('are 8 bytes, and the same for the same id under the same key', () => {
    const names = new MessageNames({ currentKey: 'old', keys: KEYS });
    expect(names.nameOf('m-1')).toHaveLength(8);
    expect(names.nameOf('m-1')).toEqual(names.nameOf('m-1'));
    expect(names.nameOf('m-1')).not.toEqual(names.nameOf('m-2'));
  });

  test('cannot be computed without the key', () => {
    const names = new MessageNames({ currentKey: 'old', keys: KEYS });
    const bare = createHash('sha256').update('jane@example.com').digest().subarray(0, 8);
    expect(names.nameOf('jane@example.com')).not.toEqual(bare);
  });

  test('are looked up under every key that is configured, so that a rotation loses none', () => {
    const before = new MessageNames({ currentKey: 'old', keys: KEYS }).nameOf('m-1');
    const after = new MessageNames({ currentKey: 'new', keys: KEYS });
    expect(after.nameOf('m-1')).not.toEqual(before);
    expect(after.namesOf('m-1')).toContainEqual(before);
    expect(after.namesOf('m-1')).toContainEqual(after.nameOf('m-1'));
  });

  test('are hashes also where sealing is off', () => {
    const names = new MessageNames(null);
    expect(names.namesOf('m-1')).toEqual([names.nameOf('m-1')]);
  });
});

describe('names of positions', () => {
  const names = new PositionNames();
  const at = (offset: number, partition = 0, topic = 'track') => ({ topic, partition, offset });

  test.each([0, 1, 4_294_967_295, 900_000_000_000])('tell the offset %i', (offset) => {
    expect(names.offsetIn(names.nameOf(at(offset)), 'track', 0)).toBe(offset);
  });

  test('are those of one partition and topic', () => {
    const name = names.nameOf(at(7));
    expect(names.offsetIn(name, 'track', 1)).toBeNull();
    expect(names.offsetIn(name, '__proto__', 0)).toBeNull();
    const all = [at(7), at(8), at(7, 1), at(7, 0, 'constructor')];
    expect(new Set(all.map((each) => names.nameOf(each).toString('hex'))).size).toBe(all.length);
  });

  test('exist for the position of a record that does not know its own', () => {
    expect(names.nameOf(at(-1, -1, 'unknown'))).toHaveLength(8);
  });
});
