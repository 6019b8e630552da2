import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/*
 * A test says what comes about, never how fast: on a busy machine whatever limits its time fails by
 * chance. And what is skipped proves nothing.
 */
const LIMIT_MS = 300_000;

const ROOT = join(import.meta.dirname, '..');
const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.test.ts'),
);

function faultsOf(source: string): string[] {
  const limits = [
    ...source.matchAll(/\bjest\.setTimeout\(([\d_]+)\)/g),
    ...source.matchAll(/^\s*\},? ([\d_]{3,})\);$/gm),
  ].map(([, digits = '']) => Number(digits.replaceAll('_', '')));
  return [
    ...limits.filter((ms) => ms < LIMIT_MS).map((ms) => `gives a test only ${ms} ms`),
    ...[...source.matchAll(/\b(?:test|describe|it)\.(skip|only|todo)\b/g)].map(
      ([, how]) => `has a test that is ${how}`,
    ),
  ];
}

test.each(files)('%s', (file) => {
  expect(faultsOf(readFileSync(join(ROOT, file), 'utf8'))).toEqual([]);
});

describe('the rules notice', () => {
  test.each([
    [`jest.${'setTimeout'}(5000);`, 'gives a test only 5000 ms'],
    [`test('x', () => {\n}, ${'10_000'});`, 'gives a test only 10000 ms'],
    [`test.${'skip'}('x');`, 'has a test that is skip'],
  ])('%j', (source, fault) => {
    expect(faultsOf(source)).toEqual([fault]);
  });
});
