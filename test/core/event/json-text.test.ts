import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { indentedJson, isDeeperThan, jsonText, READABLE_LEVELS } from '#core/event/json-text.ts';

const deep = (levels: number): string =>
  `${'{"a":[1,'.repeat(levels / 2)}{"b":"\\ud800"}${'],"c":null}'.repeat(levels / 2)}`;

describe('JSON of any depth', () => {
  test.each([10, 3000, 100_000])('of %i levels is written as it was read', (levels) => {
    const text = deep(levels);
    expect(jsonText(JSON.parse(text)) === text).toBe(true);
  });

  test('is written as JSON.stringify writes it', () => {
    const below = (value: unknown): unknown =>
      JSON.parse(`${'['.repeat(20_000)}${JSON.stringify(value)}${']'.repeat(20_000)}`);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = jsonText(below(value)).slice(20_000, -20_000);
        expect(text).toBe(JSON.stringify(value));
      }),
      { numRuns: 30 },
    );
  });

  test('is laid out as JSON.stringify lays it out', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(indentedJson(value)).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });

  test.each([3000, 100_000])(
    'of %i levels is laid out in little more than its length',
    (levels) => {
      const text = deep(levels);
      const shown = indentedJson(JSON.parse(text));
      expect(shown.length).toBeLessThan(text.length + 4 * READABLE_LEVELS ** 2);
      expect(JSON.stringify(shown.replace(/\s/g, '')) === JSON.stringify(text)).toBe(true);
    },
  );

  test('is told to be deep without going there', () => {
    const value: unknown = JSON.parse(deep(100_000));
    expect(isDeeperThan(value, 64)).toBe(true);
    expect(isDeeperThan({ a: [1] }, 2)).toBe(false);
    expect(isDeeperThan({ a: [1] }, 1)).toBe(true);
    expect(isDeeperThan('a', 0)).toBe(false);
  });
});
