import { describe, expect, test } from '@jest/globals';
import { type Condition, compileCondition } from '#core/conditions/condition.ts';
import { readCondition } from '#core/conditions/read-condition.ts';

const EVENT = JSON.parse(`{
  "event": "Order Completed",
  "properties": {
    "total": 12.5, "is_new": true, "coupon": "", "gift": null,
    "products": [{ "sku": "A-1" }], "__proto__": { "x": 1 }
  },
  "context": { "page": { "url": "https://shop.example/checkout?step=3" } }
}`) as object;

const NEW = { path: 'properties.is_new', equals: true };
const OLD = { path: 'properties.is_new', equals: false };

describe('a condition', () => {
  test.each<[string, Condition, boolean]>([
    ['the value', { path: 'event', equals: 'Order Completed' }, true],
    ['another value', { path: 'event', equals: 'order completed' }, false],
    ['a number', { path: 'properties.total', equals: 12.5 }, true],
    ['a number as text', { path: 'properties.total', equals: '12.5' }, true],
    ['true', NEW, true],
    ['false', OLD, false],
    ['a path that is missing', { path: 'properties.size.x', equals: 'undefined' }, false],
    ['null', { path: 'properties.gift', equals: 'null' }, false],
    ['an object', { path: 'context', equals: '[object Object]' }, false],
    ['an item of a list', { path: 'properties.products.0.sku', equals: 'A-1' }, true],
    ['one of several', { path: 'properties.total', in: [1, 12.5] }, true],
    ['none of several', { path: 'properties.total', in: [1, '12'] }, false],
    ['a prefix', { path: 'event', prefix: 'Order ' }, true],
    ['another prefix', { path: 'event', prefix: 'Completed' }, false],
    ['a pattern', { path: 'context.page.url', matches: '/checkout\\?step=[23]$' }, true],
    ['another pattern', { path: 'context.page.url', matches: '^/checkout' }, false],
    ['a pattern of a number', { path: 'properties.total', matches: '^[0-9]+\\.5$' }, true],
    ['a pattern of nothing', { path: 'properties.size', matches: '.*' }, false],
    ['what is there', { path: 'properties.total', exists: true }, true],
    ['what is empty', { path: 'properties.coupon', exists: true }, true],
    ['null is not there', { path: 'properties.gift', exists: true }, false],
    ['what is missing', { path: 'properties.size', exists: false }, true],
    ['what objects inherit', { path: 'properties.constructor', exists: true }, false],
    ['the prototype', { path: 'properties.__proto__.x', exists: true }, false],
    ['what a list inherits', { path: 'properties.products.map', exists: true }, false],
    ['not', { not: NEW }, false],
    ['not of a value that is missing', { not: { path: 'properties.size', equals: 'L' } }, true],
    ['any', { any: [OLD, NEW] }, true],
    ['any of none', { any: [OLD, OLD] }, false],
    ['all', { all: [NEW, { not: OLD }] }, true],
    ['all but one', { all: [NEW, OLD] }, false],
  ])('asks for %s', (_name, condition, holds) => {
    expect(readCondition(condition)).toEqual({ condition });
    expect(compileCondition(condition)(EVENT)).toBe(holds);
  });
});

/** A condition as it is nested in `not`s. */
function nested(depth: number): unknown {
  let condition: unknown = NEW;
  for (let level = 0; level < depth; level += 1) condition = { not: condition };
  return condition;
}

describe('what is no condition is refused', () => {
  test.each<[string, unknown, string, string]>([
    ['a text', 'x', '', 'must be a condition'],
    ['a list', [NEW], '', 'must be a condition'],
    ['nothing', {}, 'path', 'must be a path'],
    ['no test', { path: 'event' }, '', 'says nothing of the value'],
    ['two tests', { path: 'event', equals: 'a', prefix: 'b' }, '', 'several tests'],
    ['a path with a gap', { path: 'properties..x', exists: true }, 'path', 'must be a path'],
    ['a path that is none', { path: 7, exists: true }, 'path', 'must be a path'],
    ['no value', { path: 'event', equals: null }, 'equals', 'must be a string, a number'],
    ['an empty list', { path: 'event', in: [] }, 'in', 'must be a list'],
    ['an object in a list', { path: 'event', in: [{}] }, 'in', 'must be a list'],
    ['an empty prefix', { path: 'event', prefix: '' }, 'prefix', 'must be a string'],
    ['exists with a text', { path: 'event', exists: 'yes' }, 'exists', 'true or false'],
    ['a pattern that is none', { path: 'event', matches: '(' }, 'matches', 'brackets'],
    ['a pattern that is a number', { path: 'event', matches: 5 }, 'matches', 'regular expression'],
    ['an unknown key', { path: 'event', equal: 'a' }, 'equal', 'unknown key'],
    ['a key that objects inherit', { constructor: 1 }, 'constructor', 'unknown key'],
    ['two in one', { not: NEW, any: [NEW] }, '', 'several conditions'],
    ['a test beside not', { not: NEW, path: 'event', exists: true }, '', 'several conditions'],
    ['an empty any', { any: [] }, 'any', 'must be a list'],
    ['an all that is no list', { all: NEW }, 'all', 'must be a list'],
    ['one below', { any: [NEW, { not: { all: [7] } }] }, 'any.1.not.all.0', 'must be a condition'],
    ['one that is nested deeply', nested(21), Array(21).fill('not').join('.'), 'nested more than'],
    ['one that is nested without end', nested(100_000), Array(21).fill('not').join('.'), 'nested'],
    ['a thousand and one', { any: Array(1001).fill(NEW) }, 'any.999', 'more than 1000'],
  ])('%s', (_name, value, path, message) => {
    const read = readCondition(value);
    const faults = 'faults' in read ? read.faults : [];
    expect(faults.map((fault) => [fault.path.join('.'), fault.message])).toEqual([
      [path, expect.stringContaining(message)],
    ]);
    expect(faults[0]?.fix).not.toBe('');
  });

  test('twenty levels are read', () => {
    expect(readCondition(nested(20))).toHaveProperty('condition');
  });

  test('a pattern that was never read is not taken for one', () => {
    expect(() => compileCondition({ path: 'event', matches: '(' })).toThrow('brackets');
  });
});
