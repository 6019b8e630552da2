import { describe, expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import { compilePattern } from '#core/conditions/pattern.ts';

const MIB = 1024 * 1024;

function matches(pattern: string, text: string): boolean {
  const compiled = compilePattern(pattern);
  if ('matches' in compiled) return compiled.matches(text);
  throw new Error(`${pattern} ${compiled.message}`);
}

const TEXTS = [
  '',
  'a',
  'b',
  'ab',
  'ba',
  'aab',
  'abc',
  'a\nb',
  'a-b',
  'a.b',
  'a]b',
  'A_9',
  '2026-11-20',
  'naïve café',
  '\u00a0\u3000',
  '😀',
  'a😀b',
  '\ud83d',
  'jane@example.com',
  'https://shop.example/de/checkout?step=3#x',
];

describe('a pattern means what it means in JavaScript', () => {
  test.each([
    'a',
    '^a',
    'a$',
    '^a$',
    '^$',
    '$^',
    '^',
    '$',
    'a|b',
    '^(a|b)$',
    '^a|b$',
    '(?:ab)+',
    'a*b',
    'a+b',
    '^a?b',
    'a{2}',
    'a{1,2}b',
    '^a{0}b',
    'a{2,}',
    '^(a|ab)(c|bcd)?$',
    '(a*)*b',
    '(a|a)*$',
    '()',
    'a||b',
    '.',
    '^.$',
    '^.{2,3}$',
    'a.b',
    '[ab]c',
    '[^ab]',
    '^[^a]+$',
    '[a-c]{3}',
    '[a\\-z]',
    '[-a]',
    '[a-]',
    '[\\]]',
    '[]a',
    '[^]',
    '\\d+',
    '^\\d{4}-\\d{2}-\\d{2}$',
    '\\w+@\\w+\\.com',
    '^\\W+$',
    '\\s',
    '^\\S+$',
    '[\\s\\d]',
    '[^\\w]',
    '\\.',
    '\\/de\\/',
    '\\x61',
    '\\u0061b',
    '\\u{1F600}',
    '[😀-😂]',
    '^😀$',
    '\\n',
    '\\ud83d',
    'é$',
    '[à-ï]',
    'a+?b',
    'a{1,2}?$',
    '^https://[^/]+/(?:de|en)/',
    '\\?step=[23]',
    '(^a|b$)',
  ])('%s', (pattern) => {
    let javaScript: RegExp | null = null;
    try {
      javaScript = new RegExp(pattern, 'u');
    } catch {}
    const compiled = compilePattern(pattern);
    expect('matches' in compiled).toBe(javaScript !== null);
    for (const text of TEXTS) {
      if (javaScript === null) continue;
      expect([text, matches(pattern, text)]).toEqual([text, javaScript.test(text)]);
    }
  });

  test('whatever it is made of', () => {
    const leaf = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      '\\w',
      '^',
      '$',
      '',
      '\\s',
      '[^\\d]',
    );
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.tuple(tie('pattern'), tie('pattern')).map((parts) => parts.join('')),
        fc.tuple(tie('pattern'), tie('pattern')).map((parts) => `(${parts.join('|')})`),
        fc
          .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '{1,}', '*?'))
          .map(([inner, times]) => `(?:${inner})${times}`),
      ),
    }));
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '1', ' ', '\n', 'é', '😀'),
      maxLength: 8,
    });
    const agrees = fc.property(pattern, text, (expression, value) => {
      const compiled = compilePattern(expression);
      // A larger one may be refused; none of these is by its syntax.
      if (!('matches' in compiled)) return expect(compiled.message).toMatch(/too (complex|long)/);
      expect(compiled.matches(value)).toBe(new RegExp(expression, 'u').test(value));
    });
    fc.assert(agrees, { numRuns: 2000 });
  });
});

describe('a text of 1 MiB takes one pass', () => {
  // A matcher that backtracks does not come to an end with any of these.
  test.each<[string, string, boolean]>([
    ['(a+)+$', `${'a'.repeat(MIB)}b`, false],
    ['^(a|a)*$', `${'a'.repeat(MIB)}b`, false],
    ['a*b', 'a'.repeat(MIB), false],
    ['(?:.*,){11}P$', ','.repeat(MIB), false],
    ['\\s+$', `${' '.repeat(MIB)}x`, false],
    ['^(\\w+\\s?)*$', `${'word '.repeat(MIB / 5)}!`, false],
    ['(x+x+)+y', `${'x'.repeat(MIB)}y`, true],
    ['[^@]+@[^@]+\\.com$', `${'@'.repeat(MIB)}a.com`, false],
    ['^.*😀$', '😀'.repeat(MIB / 2), true],
  ])('%s', (pattern, text, found) => {
    expect(matches(pattern, text)).toBe(found);
  });
});

test('a pattern is compiled once for all who have it, and those kept are bounded', () => {
  const compiled = compilePattern('^shop-\\d+$');
  expect(compilePattern('^shop-\\d+$')).toBe(compiled);
  for (let n = 0; n < 2000; n += 1) compilePattern(`x${n}`);
  expect(compilePattern('^shop-\\d+$')).not.toBe(compiled);
});

test('a long text is looked at once for all pixels that share a pattern, and few texts are kept', () => {
  const seen = jest.spyOn(String.prototype, 'charCodeAt');
  const readBy = (pattern: string, text: string): number => {
    const before = seen.mock.calls.length;
    expect(matches(pattern, text)).toBe(false);
    return seen.mock.calls.length - before;
  };
  try {
    const text = 'x'.repeat(2000);
    expect(readBy('y$', text)).toBe(2000);
    expect([readBy('y$', text), readBy('z$', text), readBy('z$', text)]).toEqual([0, 2000, 0]);
    for (let n = 0; n < 4; n += 1) readBy('y$', `${n}`.padEnd(1000));
    expect(readBy('y$', text)).toBe(2000);
    expect([readBy('y$', 'short'), readBy('y$', 'short')]).toEqual([5, 5]);
  } finally {
    seen.mockRestore();
  }
});

describe('a pattern is refused', () => {
  test.each([
    ['a group that is open', '(a', 'brackets'],
    ['a group that is closed twice', 'a)', 'brackets'],
    ['a set that is open', '[a', 'brackets'],
    ['a range that is open', '[a-', 'brackets'],
    ['nothing to repeat', '*a', 'has *'],
    ['a repeat of a repeat', 'a**', 'has *'],
    ['a repeat of the start', '^*', 'has *'],
    ['a brace alone', 'a{', 'has {'],
    ['a bracket alone', 'a]', 'has ]'],
    ['limits in the wrong order', 'a{3,2}', 'at most less'],
    ['a range in the wrong order', '[z-a]', 'empty'],
    ['a range of classes', '[\\d-z]', 'empty'],
    ['a lookahead', 'a(?=b)', 'not supported'],
    ['a lookbehind', '(?<!a)b', 'not supported'],
    ['a back reference', '(a)\\1', 'not supported'],
    ['a word boundary', '\\bfoo', 'not supported'],
    ['a property of Unicode', '\\p{L}', 'not supported'],
    ['a backslash at the end', 'a\\', 'not supported'],
    ['no character', '\\u{110000}', 'no character'],
    ['very many repeats', 'a{2000}', 'repeats too often'],
    ['repeats of repeats', '((a{100}){100}){100}', 'too complex'],
    ['repeats of nothing', '((((){1000}){1000}){1000}){1000}', 'too complex'],
    ['an automaton with a million states', '[ab]*a[ab]{20}$', 'too complex'],
    ['a large automaton', '.{0,50}foo.{0,50}bar.{0,50}baz$', 'too complex'],
    ['length', 'a'.repeat(501), 'too long'],
    ['depth', '('.repeat(500), 'brackets'],
  ])('for %s', (_name, pattern, message) => {
    expect(compilePattern(pattern)).toEqual({
      message: expect.stringContaining(message),
      fix: expect.stringMatching(/\S/),
    });
  });
});
