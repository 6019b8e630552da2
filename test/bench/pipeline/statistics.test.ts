import { describe, expect, test } from '@jest/globals';
import { judge, median, type Pair, percent, range, summary } from './statistics.ts';

test.each<[number[], number]>([
  [[5], 5],
  [[10, 2], 6],
  [[10, 9, 2], 9],
  [[10, 2, 9, 4], 6.5],
  [[1, 1, 1, 1, 1000], 1],
])('the median of %j is %d', (values, expected) => {
  const before = [...values];
  expect(median(values)).toBe(expected);
  expect(values).toEqual(before);
});

test('nothing has no median', () => {
  expect(() => median([])).toThrow('no value has no median');
});

test.each<[string, number[], number]>([
  ['one value', [5], 0],
  ['two', [5, 8], 3],
  ['six, one of them an outlier, which still counts', [10, 10, 11, 9, 10, 90], 81],
  ['seven, one of them an outlier, which is left out', [10, 10, 11, 9, 10, 10, 90], 2],
  ['seven, two of them outliers, of which one counts', [10, 10, 11, 9, 10, 70, 90], 61],
])('the range of %s', (_, values, expected) => {
  expect(range(values)).toBe(expected);
});

test('a summary says median, extremes, and the spread as a share of the median', () => {
  expect(summary([10, 12, 9])).toEqual({ median: 10, lowest: 9, highest: 12, spread: 0.3 });
  expect(summary([10])).toEqual({ median: 10, lowest: 10, highest: 10, spread: null });
  expect(summary([0, 0])).toEqual({ median: 0, lowest: 0, highest: 0, spread: null });
});

/** Pairs with a base of 100 and these differences from it. */
function pairs(...differences: number[]): Pair[] {
  return differences.map((difference) => ({ base: 100, now: 100 + difference }));
}

describe('the judgement', () => {
  test.each<[string, Pair[], 'lower' | 'higher', string, string | null]>([
    ['lower and meant to be', pairs(-10, -12, -11, -9), 'lower', 'better', null],
    ['higher but meant to be lower', pairs(10, 12, 11, 9), 'lower', 'worse', null],
    ['higher and meant to be', pairs(10, 12, 11, 9), 'higher', 'better', null],
    ['lower but meant to be higher', pairs(-10, -12, -11, -9), 'higher', 'worse', null],
    ['the same in every pair', pairs(0, 0, 0, 0), 'lower', 'same', null],
    [
      'a spread larger than the difference',
      pairs(-1, 2, 2, 5),
      'lower',
      'cannot tell',
      'spread 6 %, difference 2 %',
    ],
    [
      'a spread slightly larger than the difference',
      pairs(2, 4, 4, 6.1),
      'lower',
      'cannot tell',
      'spread 4.1 %, difference 4 %',
    ],
    [
      'a small difference in both directions',
      pairs(-1, 1, -1, 1),
      'lower',
      'cannot tell',
      'spread 2 %, difference 0 %',
    ],
    ['few pairs', pairs(-10, -10, -10), 'lower', 'cannot tell', '3 of at least 4 rounds'],
    ['one pair', pairs(-10), 'lower', 'cannot tell', '1 of at least 4 rounds'],
    [
      'an outlier among five',
      pairs(-10, -10, -11, -9, 30),
      'lower',
      'cannot tell',
      'spread 41 %, difference 10 %',
    ],
    ['an outlier among seven', pairs(-10, -10, -11, -9, -10, -10, 30), 'lower', 'better', null],
  ])('of %s', (_, given, better, verdict, reason) => {
    expect(judge(given, better)).toMatchObject({ verdict, reason });
  });

  test('follows the pairs where the machine was slow for both', () => {
    const given = [100, 200, 400, 300, 100].map((base) => ({ base, now: base * 0.95 }));
    const { verdict, difference } = judge(given, 'lower');
    expect(verdict).toBe('better');
    expect(difference).toBeCloseTo(-0.05);
  });

  test('refuses what has no share', () => {
    expect(() => judge([{ base: 0, now: 1 }], 'lower')).toThrow('a base of 0');
    expect(() => judge([], 'lower')).toThrow('no value');
  });
});

test.each([
  [0.06, '6 %'],
  [0.0234, '2.3 %'],
  [0.0996, '10 %'],
  [-0.053, '-5.3 %'],
  [-0.0001, '0 %'],
  [1.5, '150 %'],
])('the share %d is written %s', (share, text) => {
  expect(percent(share)).toBe(text);
});
