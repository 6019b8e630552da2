import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');

const sources = ['packages', 'services'].flatMap((top) =>
  readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(ROOT, top, name), 'utf8')),
);

/** What stands between the brackets of every call of a logger. */
function callsOf(source: string): string[] {
  return [
    ...source.matchAll(/\b(?:logger|log|deaths|failures)(?:\.\w+|\[\w+(?:\[\w+\])?\])\(/g),
  ].map((match) => {
    const start = match.index + match[0].length;
    let depth = 1;
    let end = start;
    while (depth > 0 && end < source.length) {
      if (source[end] === '(') depth += 1;
      if (source[end] === ')') depth -= 1;
      end += 1;
    }
    return source.slice(start, end - 1);
  });
}

/** The texts among the arguments of a call that are no field, no label and no event of ours. */
function messagesOf(call: string): string[] {
  return [...call.replace(/\{[^}]*\}/g, '').matchAll(/'([^'\n]+)'/g)]
    .map(([, text]) => text ?? '')
    .filter((text) => !['ingest', 'worker', 'redis_lost', 'active', 'debug'].includes(text));
}

const logged = new Set(sources.flatMap(callsOf).flatMap(messagesOf));
const page = readFileSync(join(ROOT, 'docs/observability.md'), 'utf8');
const [, rest = ''] = page.split('| msg | level |');
const [section = ''] = rest.split('\n## ');
const documented = new Set([...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, msg]) => msg ?? ''));

/** The fields of a line as the page has them; null where it refers to another line. */
function documentedFields(msg: string): Set<string> | null {
  const [row = ''] = section.split('\n').filter((line) => line.startsWith(`| \`${msg}\` |`));
  const fields = row.split(' | ')[3] ?? '';
  if (fields.includes('the same')) return null;
  // What follows a colon explains a field; names in it are values.
  const names = fields.replace(/: (?:`[^`]*`|[^`,;])*/g, '').matchAll(/`(\w+)`/g);
  return new Set([...names].map(([, name]) => name ?? ''));
}

/** Calls whose fields are written out: the message, and the names of the fields. */
const written = sources.flatMap(callsOf).flatMap((call) => {
  const [message] = messagesOf(call);
  const [, object] = /^\s*\{([^{}]*)\}\s*,/.exec(call) ?? [];
  const failed = /^\s*'[^']+',\s*[\w. ()]+(?:,\s*\{([^{}]*)\})?,?\s*$/.exec(call);
  const names = object ?? (failed === null ? undefined : `error, count, ${failed[1] ?? ''}`);
  if (message === undefined || names === undefined || names.includes('...')) return [];
  const fields = names.split(',').map((field) => field.split(':')[0]?.trim() ?? '');
  return [{ message, fields: fields.filter((field) => field !== '') }];
});

describe('docs/observability.md', () => {
  test('names every field of a line', () => {
    expect(written.length).toBeGreaterThan(25);
    const missing = written.flatMap(({ message, fields }) => {
      const known = documentedFields(message);
      return known === null
        ? []
        : fields.filter((field) => !known.has(field)).map((field) => `${message}: ${field}`);
    });
    expect(missing).toEqual([]);
  });

  test('lists every line that is logged', () => {
    expect([...logged].filter((msg) => !documented.has(msg))).toEqual([]);
  });

  test('lists nothing else', () => {
    expect([...documented].filter((msg) => !logged.has(msg))).toEqual([]);
  });
});
