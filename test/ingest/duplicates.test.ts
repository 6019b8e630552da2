import { beforeEach, describe, expect, test } from '@jest/globals';
import { DuplicateWindow } from '#ingest/intake/duplicates.ts';
import { MessageNames } from '#store/receipts/names.ts';

const names = new MessageNames(null);
const nameOf = (id: string, pixel = '1') => names.nameOf(`${pixel} ${id}`);
let window: DuplicateWindow;

beforeEach(() => {
  window = new DuplicateWindow(names);
});

test('an event is repeated within its intake, the one under way, and those written before', () => {
  expect(window.isRepeated('1', 'a')).toBe(false);
  expect(window.isRepeated('1', 'a')).toBe(true);
  expect(window.take()).toEqual({ fresh: [nameOf('a')], repeated: [] });
  expect(window.isRepeated('1', 'a')).toBe(true);
  window.onWritten();
  expect(window.isRepeated('1', 'a')).toBe(true);
  expect(window.take()).toEqual({ fresh: [], repeated: [nameOf('a')] });
});

test('one message is an event of its own for each pixel', () => {
  expect(window.isRepeated('1', 'a')).toBe(false);
  expect(window.isRepeated('2', 'a')).toBe(false);
  expect(window.take().fresh).toEqual([nameOf('a'), nameOf('a', '2')]);
});

test('each event that a message becomes is one of its own, whatever its name and the id consist of', () => {
  const events: [id: string, part: string | null][] = [
    ...([
      ['m', null],
      ['m', 'A'],
      ['m', 'B'],
      ['m:A', null],
      ['A m', null],
    ] as const),
    ...([
      ['m', 'A B'],
      ['B m', 'A'],
      ['1:Am', null],
      ['Am', ''],
    ] as const),
  ].map(([id, part]) => [id, part]);
  for (const [id, part] of events) expect(window.isRepeated('1', id, part)).toBe(false);
  for (const [id, part] of events) expect(window.isRepeated('1', id, part)).toBe(true);
});

test.each([undefined, null, '', '  ', 'undefined', 'null', {}, ['a'], true])(
  'events are never repeated by the id %j, which identifies none',
  (id) => {
    expect(window.isRepeated('1', id)).toBe(false);
    expect(window.isRepeated('1', id)).toBe(false);
    expect(window.take()).toEqual({ fresh: [], repeated: [] });
  },
);

test('ids are compared as they are sent: trimmed, and numbers as digits', () => {
  expect(window.isRepeated('1', ' 12 ')).toBe(false);
  expect(window.isRepeated('1', 12)).toBe(true);
});

describe('what was read and not written', () => {
  test('is read again, and is no repetition of itself', () => {
    window.isRepeated('1', 'a');
    window.take();
    window.isRepeated('1', 'b');
    window.clear();
    expect(window.isRepeated('1', 'a')).toBe(false);
    expect(window.isRepeated('1', 'b')).toBe(false);
  });

  test('is left out the next time where Redis says that it was queued before', () => {
    for (const id of ['a', 'b', 'c']) window.isRepeated('1', id);
    window.take();
    window.onRefused([1]);
    window.clear();
    expect(['a', 'b', 'c'].map((id) => window.isRepeated('1', id))).toEqual([false, true, false]);
    expect(window.take().repeated).toEqual([nameOf('b')]);
  });
});

test('everything is forgotten where Redis does not know what was taken for known', () => {
  window.isRepeated('1', 'a');
  window.take();
  window.onWritten();
  expect(window.isRepeated('1', 'a')).toBe(true);
  window.take();
  window.onRefused(null);
  expect(window.isRepeated('1', 'a')).toBe(false);
});
