import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');

const LINKS = [...PAGE.matchAll(/\[`?([^\]`]+)`?\]\(([^)#]+)\)/g)].map(
  ([, text = '', path = '']) => [text, path] as const,
);

/** The most files that each walk may have, so that the thread is kept. */
const LONGEST = {
  'From a Kafka message to the HTTP request': 12,
  'From `make demo` to the line that hashes an email': 8,
  'From a rejected batch to the dead letter': 9,
  'From `replay` to the queue': 9,
};

test('ARCHITECTURE.md has links', () => {
  expect(LINKS.length).toBeGreaterThan(50);
});

test.each(LINKS)('%s is in %s', (text, path) => {
  const file = join(ROOT, path);
  expect(existsSync(file)).toBe(true);
  const isName = /^\w+$/.test(text) && statSync(file).isFile() && /\.(ts|mjs)$/.test(path);
  if (isName && !/^(?:worker|ingest|control)$/.test(text)) {
    expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`\\b${text}\\b`));
  }
});

test.each(Object.entries(LONGEST))('%s takes at most %i files', (title, most) => {
  const start = PAGE.indexOf(`### ${title}\n`);
  expect(start).toBeGreaterThan(0);
  const walk = PAGE.slice(start + 4 + title.length).split('\n##')[0] ?? '';
  const files = new Set([...walk.matchAll(/\]\(([^)]+)\)/g)].map(([, path]) => path));
  expect(files.size).toBeGreaterThan(4);
  expect(files.size).toBeLessThanOrEqual(most);
});
