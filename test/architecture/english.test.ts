import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { englishFaults } from './english.ts';

const ROOT = join(import.meta.dirname, '../..');

const TEXTS = /\.(?:ts|mjs|md|ya?ml|json|css|js|html)$|(?:^|\/)(?:Makefile|Dockerfile)$/;

/** The list itself, what other people wrote, and what events say: names, corpora, dependencies. */
const LEFT_OUT =
  /node_modules|test\/architecture\/english|package-lock\.json$|test\/conformance\/(?:cases|corpus)\//;

const files = [
  ...readdirSync(ROOT).filter((name) => statSync(join(ROOT, name)).isFile()),
  ...['packages', 'services', 'deploy', 'test', 'docs'].flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(top, name),
    ),
  ),
].filter((path) => TEXTS.test(path) && !LEFT_OUT.test(path));

test('every text is in plain, usual English', () => {
  expect(files.length).toBeGreaterThan(500);
  expect(
    files.flatMap((path) => englishFaults(path, readFileSync(join(ROOT, path), 'utf8'))),
  ).toEqual([]);
});

test('no file keeps both sides of a merge', () => {
  const halves = files.filter((path) =>
    /^(?:<{7}|>{7}) /m.test(readFileSync(join(ROOT, path), 'utf8')),
  );
  expect(halves).toEqual([]);
});

describe('the check notices', () => {
  test.each([
    'Mend the configuration',
    '// The topic is made anew.',
    'begin of every key',
    '3 of 4 looks failed',
    'its lane stands still',
    'nobody reads it',
    'an envelope of so many events',
    'make lists all the words',
    ' * Who sends the event hashes it.',
  ])('%s', (line) => {
    expect(englishFaults('a.ts', line)).toHaveLength(1);
  });

  test.each([
    'so many events that Redis is full',
    'Who reads it?',
    'an amendment',
    'it looks right',
  ])('and leaves alone: %s', (line) => {
    expect(englishFaults('a.ts', line)).toEqual([]);
  });
});
