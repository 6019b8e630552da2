import { expect, test } from '@jest/globals';
import type { Hints, Normaliser } from '#core/normalise/normaliser.ts';
import { memoize, memoizeByCountry } from '#core/normalise/normaliser.ts';

const hints = (country: string | null): Hints => ({ country, now: 0 });

test('answers as the normaliser does, for each country, and asks it once', () => {
  const asked: string[] = [];
  const plain: Normaliser = (value, { country }) => {
    asked.push(value);
    return value === 'bad' ? { value: null, code: 'unusable_value' } : `${country}-${value}`;
  };
  const remembered = memoizeByCountry(plain);
  for (let round = 0; round < 3; round += 1) {
    expect(remembered('a', hints('de'))).toBe('de-a');
    expect(remembered('a', hints('fr'))).toBe('fr-a');
    expect(remembered('a', hints(null))).toBe('null-a');
    expect(remembered('bad', hints('de'))).toEqual({ value: null, code: 'unusable_value' });
  }
  expect(asked).toEqual(['a', 'a', 'a', 'bad']);
});

test('what follows from the value alone is asked once for all countries', () => {
  let asked = 0;
  const remembered = memoize((value) => {
    asked += 1;
    return value;
  });
  for (const country of ['de', 'fr', null]) expect(remembered('a', hints(country))).toBe('a');
  expect(asked).toBe(1);
});

test('forgets rather than grow', () => {
  let asked = 0;
  const remembered = memoize((value) => {
    asked += 1;
    return value;
  });
  for (let value = 0; value < 10_000; value += 1) remembered(String(value), hints('de'));
  remembered('9999', hints('de'));
  remembered('0', hints('de'));
  expect(asked).toBe(10_001);
});
