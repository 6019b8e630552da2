import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import {
  alphabetOf,
  type Expression,
  expressionsOf,
  readExpressions,
  repeats,
} from './expressions.ts';

jest.setTimeout(900_000);

/** 1 MiB without a break, as an answer of Meta or a field of an event may be. */
const LENGTH = 1024 * 1024;
/** What is linear takes milliseconds for a text; quadratic, hours. */
const PATIENCE_MS = 120_000;
/** For what is known to hang: each such test spends this much processor time. */
const SHORT_PATIENCE_MS = 300;

const { literals, builders } = readExpressions();

type Text = readonly [before: string, repeated: string, after: string];

interface Task extends Expression {
  readonly texts: readonly Text[];
}

/** Texts that make an expression go back and try again, where it can. */
function hostileTexts(expression: Expression): Text[] {
  const alphabet = alphabetOf(expression);
  const matching = examplesOf(expression);
  const starts = matching.flatMap((example) => {
    const half = example.slice(0, Math.ceil(example.length / 2));
    return [example, example.slice(0, -1), half].filter((text) => text !== '');
  });
  const characters = alphabet.map((character): Text => ['', character, '\u0001']);
  const repeated = starts.map((text): Text => ['', text, '\u0001']);
  const some = alphabet.slice(0, 5);
  const pairs = some.flatMap((one) =>
    some.filter((other) => other !== one).map((other): Text => ['', one + other, '\n\u0001']),
  );
  const begun = starts.flatMap((start) =>
    alphabet.slice(0, 6).map((character): Text => [start, character, '\u0001']),
  );
  return [...characters, ...repeated, ...pairs, ...begun.slice(0, 6)];
}

/** The same examples each time; none where the generator does not know a construct. */
function examplesOf({ source, flags }: Expression): string[] {
  try {
    // What only looks at its surroundings, and the flags, are nothing that the generator knows.
    const plain = source.replace(/\(\?<?[=!](?:\\.|\[(?:\\.|[^\]])*\]|[^()])*\)|\\b/g, '');
    const kept = new RegExp(plain, flags.replace(/[giy]/g, ''));
    return fc.sample(fc.stringMatching(kept, { size: 'small' }), { numRuns: 1, seed: 7 });
  } catch {
    return [];
  }
}

/** Resolves to what took too long; null when all of it was done. */
function firstThatHangs(tasks: readonly Task[], patienceMs: number): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(import.meta.dirname, 'run-expressions.ts'), {
      workerData: { tasks, length: LENGTH },
    });
    let timer: NodeJS.Timeout | undefined;
    const end = (answer: string | null) => {
      clearTimeout(timer);
      void worker.terminate().then(() => resolve(answer));
    };
    worker.on('error', reject);
    worker.on('message', (at: { index: number; before: string; repeated: string } | null) => {
      clearTimeout(timer);
      if (at === null) return end(null);
      const { path = '', source = '' } = tasks[at.index] ?? {};
      const text = `${JSON.stringify(at.before)} and then ${JSON.stringify(at.repeated)}`;
      timer = setTimeout(() => end(`${path}: /${source}/ for ${text}`), patienceMs);
    });
  });
}

/** What stands in several files is tried once. */
function tasksOf(expressions: readonly Expression[]): Task[] {
  const different = new Map(expressions.map((each) => [`/${each.source}/${each.flags}`, each]));
  return [...different.values()]
    .filter(repeats)
    .map((expression) => ({ ...expression, texts: hostileTexts(expression) }));
}

test('every expression in the code reads a hostile text of 1 MiB to its end', async () => {
  const tasks = tasksOf(literals);
  expect(literals.length).toBeGreaterThan(150);
  expect(tasks.length).toBeGreaterThan(50);
  expect(await firstThatHangs(tasks, PATIENCE_MS)).toBeNull();
});

test('expressions are built at run time only where this list says so', () => {
  expect(builders).toEqual([
    // From the numbering plans of libphonenumber.
    'packages/core/normalise/phone-plan.ts',
    // From names of settings that are ours.
    'packages/store/redis-node.ts',
    // From names of keys that are ours.
    'packages/store/status/depth.ts',
  ]);
});

describe('the test notices', () => {
  test.each([
    ['an address', '[^\\s@]+@[^\\s@]+\\.[^\\s@]+', 'g'],
    ['blanks at the end', '\\s+$', ''],
    ['blanks before a sign', '\\s*;', 'g'],
    ['a quotation without an end', '“[^”]*”', 'g'],
  ])('%s', async (_name, source, flags) => {
    const [task] = tasksOf([{ path: 'a.ts', source, flags }]);
    expect(await firstThatHangs([task as Task], SHORT_PATIENCE_MS)).toContain('a.ts');
  });

  test('an expression wherever it stands', () => {
    const found = expressionsOf(
      'const a = x.replace(/b+/g, (y) => /c*/.exec(y)![0]); new RegExp(z);',
    );
    expect(found.literals).toEqual([
      { source: 'b+', flags: 'g' },
      { source: 'c*', flags: '' },
    ]);
    expect(found.builds).toBe(true);
  });

  test.each([
    ['^\\d{4}$', false],
    ['a{1,8}', false],
    ['[*+]', false],
    ['\\+', false],
    ['a+', true],
    ['a*', true],
    ['a{2,}', true],
    ['a{1,256}', true],
  ])('that /%s/ repeats: %s', (source, expected) => {
    expect(repeats({ source })).toBe(expected);
  });
});
