import { expect, test } from '@jest/globals';
import { createRouter } from '#core/event/routing.ts';

const EVENT = { writeKey: 'w1', context: { source: 'shop-eu', app: { build: 7 } } };

test.each([
  ['no condition', {}, 't1', [0]],
  ['its topic', { topics: ['t1', 't2'] }, 't1', [0]],
  ['another topic', { topics: ['t2'] }, 't1', []],
  ['no topic known', { topics: ['t2'] }, null, [0]],
  ['a field', { where: { 'context.source': 'shop-eu' } }, 't1', [0]],
  ['one of several values', { where: { writeKey: ['w0', 'w1'] } }, 't1', [0]],
  ['another value', { where: { writeKey: 'w2' } }, 't1', []],
  ['a field that is missing', { where: { 'context.app.name': 'x' } }, 't1', []],
  ['a number', { where: { 'context.app.build': '7' } }, 't1', [0]],
  ['a field and its topic', { topics: ['t1'], where: { writeKey: 'w1' } }, 't1', [0]],
  ['a field of another topic', { topics: ['t2'], where: { writeKey: 'w1' } }, 't1', []],
  ['all of several, met', { where: { writeKey: 'w1', 'context.source': 'shop-eu' } }, 't1', [0]],
  ['a name that objects inherit', { where: { constructor: 'x' } }, 't1', []],
  ['a field that is no text', { where: { context: 'x' } }, 't1', []],
  ['all of several', { where: { writeKey: 'w1', 'context.source': 'shop-us' } }, 't1', []],
  ['a condition', { allow: { path: 'writeKey', prefix: 'w' } }, 't1', [0]],
  ['a condition that does not hold', { allow: { path: 'writeKey', exists: false } }, 't1', []],
  ['a value', { allow: { path: 'context.app.build', equals: 7 } }, 't1', [0]],
  ['one of other values', { allow: { path: 'writeKey', in: ['w2', 'w3'] } }, 't1', []],
  [
    'a field and a condition',
    { where: { writeKey: 'w1' }, allow: { path: 'context.source', matches: '-eu$' } },
    't1',
    [0],
  ],
  [
    'a field and a condition that does not hold',
    { where: { writeKey: 'w1' }, allow: { path: 'context.source', equals: 'shop-us' } },
    't1',
    [],
  ],
  [
    'all of several conditions',
    {
      allow: {
        all: [
          { path: 'writeKey', exists: true },
          { path: 'writeKey', equals: 'w1' },
        ],
      },
    },
    't1',
    [0],
  ],
  [
    'all of several conditions but one',
    {
      allow: {
        all: [
          { path: 'writeKey', equals: 'w1' },
          { path: 'event', exists: true },
        ],
      },
    },
    't1',
    [],
  ],
  [
    'a condition and another topic',
    { topics: ['t2'], allow: { path: 'writeKey', exists: true } },
    't1',
    [],
  ],
  [
    'what it denies, which is not asked here',
    { deny: { path: 'writeKey', exists: true } },
    't1',
    [0],
  ],
])('an event goes to a pixel by %s', (_name, events, topic, expected) => {
  expect(createRouter([{ events }])(topic, EVENT)).toEqual(expected);
});

test('an event goes to every pixel that wants it', () => {
  const pixels = [{ events: {} }, { events: { topics: ['other'] } }, { events: {} }];
  expect(createRouter(pixels)('t1', EVENT)).toEqual([0, 2]);
});

test('pixels are found in their order, by whatever field they ask for', () => {
  const pixels = [
    { events: { where: { 'context.source': ['shop-eu', 'shop-us'] } } },
    { events: { where: { writeKey: 'w0' } } },
    { events: { where: { writeKey: ['w1', 'w1'] } } },
    { events: { topics: ['t1'] } },
    { events: { allow: { path: 'writeKey', equals: 'w1' } } },
    { events: { allow: { not: { path: 'writeKey', equals: 'w1' } } } },
    { events: { allow: { path: '$.writeKey', prefix: 'w' } } },
  ];
  expect(createRouter(pixels)('t1', EVENT)).toEqual([0, 2, 3, 4, 6]);
});

test('pixels that are looked up by a value cost nothing for other values', () => {
  let reads = 0;
  const event = {
    get writeKey(): string {
      reads += 1;
      return 'w7';
    },
  };
  const pixels = Array.from({ length: 1000 }, (_, index) => ({
    events: { allow: { path: 'writeKey', equals: `w${index}` } },
  }));
  expect(createRouter(pixels)('t1', event)).toEqual([7]);
  expect(reads).toBe(1);
});
