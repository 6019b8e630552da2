import { expect, test } from '@jest/globals';
import { parseOptions } from './options.ts';

test('nothing is needed', () => {
  expect(parseOptions([])).toEqual({ events: 200_000, rounds: 5, base: null, json: null });
});

test('everything can be said', () => {
  const args = ['--events', '20000', '--rounds=2', '--base', 'main', '--json', 'a.json'];
  const expected = { events: 20_000, rounds: 2, base: 'main', json: 'a.json' };
  expect(parseOptions(args)).toEqual(expected);
  expect(parseOptions(['--help'])).toBe('help');
});

test.each([
  [['--rounds', '0'], '--rounds is "0": it takes a whole number from 1 to 100'],
  [['--rounds', '2.5'], '--rounds is "2.5"'],
  [['--events', '1e9'], '--events is "1e9"'],
  [['--events', '999'], 'from 1000 to 5000000'],
  [['--events', ''], '--events is ""'],
  [['--base', ''], '--base needs a commit'],
  [['--base=--exec=x'], '--base needs a commit'],
  [['--json', ''], '--json needs a file'],
  [['--bse', 'main'], "Unknown option '--bse'"],
  [['main'], "Unexpected argument 'main'"],
])('%j is wrong usage', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
