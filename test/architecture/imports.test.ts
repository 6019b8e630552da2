import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { namesExportedTwice } from './exports.ts';
import { cyclesOf, faultsOf, helpFaults, importsOf, loadFaults, resolveOurs } from './rules.ts';

const ROOT = join(import.meta.dirname, '../..');

const files = ['packages', 'services', 'deploy'].flatMap((top) =>
  readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(top, name)),
);
const sources = new Map(files.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));

test('every source file keeps to its room', () => {
  expect([...sources].flatMap(([path, source]) => faultsOf(path, source))).toEqual([]);
});

test('ingest and workers load nothing that only control or the lab uses', () => {
  expect(loadFaults(sources)).toEqual([]);
});

test('the help of a command loads no library but the one that prints it', () => {
  expect([...sources.keys()].filter((path) => /^services\/.*main\.ts$/.test(path)).length).toBe(20);
  expect(helpFaults(sources)).toEqual([]);
});

test('no file imports itself by a detour', () => {
  const graph = new Map(
    [...sources].map(([path, source]) => {
      const ours = importsOf(source).map((specifier) => resolveOurs(specifier, path));
      return [path, ours.filter((target) => target !== null)];
    }),
  );
  expect(cyclesOf(graph)).toEqual([]);
});

test('no name is exported from two files', () => {
  expect(namesExportedTwice(sources)).toEqual([]);
});

describe('the rules notice', () => {
  test.each([
    ['packages/store/a.ts', "import { Kafka } from 'kafkajs';", 'which lives in packages/kafka'],
    ['services/worker/a.ts', "import { Redis } from 'ioredis';", 'which lives in packages/store'],
    ['services/cli/a.ts', "import _ from 'lodash';", 'has no room'],
    ['packages/core/a.ts', "import { seal } from '#store/sealing.ts';", 'against the direction'],
    ['packages/config/a.ts', "import { seal } from '#store/sealing.ts';", 'against the direction'],
    ['services/ingest/a.ts', "import { x } from '../worker/x.ts';", 'against the direction'],
    [
      'packages/store/a.ts',
      "export { x } from '../../services/cli/x.ts';",
      'against the direction',
    ],
    [
      'services/worker/a.ts',
      "import type { Replay } from '#store/dead-letters/replay/state.ts';",
      'control manages dead letters',
    ],
    ['packages/core/a.ts', "import { readFileSync } from 'node:fs';", 'the core is pure'],
    ['packages/core/a.ts', 'const now = Date.now();', 'is not pure'],
    ['packages/kafka/a.ts', "import { request } from 'node:https';", 'loads an HTTP client'],
    ['packages/store/utils.ts', '', 'says nothing'],
    ['packages/store/a.ts', '// TODO later', 'left to do'],
    ['packages/store/a.ts', 'x\n'.repeat(300), 'has 300 lines'],
  ])('%s: %j', (path, source, fault) => {
    expect(faultsOf(path, source).join()).toContain(fault);
  });

  test('what is loaded by a detour', () => {
    const entry = "const { a } = await import('./a.ts');";
    const a = "import { b } from '#store/b.ts';\nimport type { c } from '#kafka/c.ts';";
    const loaded = new Map([
      ['services/worker/main.ts', entry],
      ['services/worker/a.ts', a],
      ['packages/store/b.ts', "import { audit } from './status/audit.ts';"],
    ]);
    expect(loadFaults(loaded)).toEqual([
      'services/worker/main.ts loads packages/store/status/audit.ts, which only others use',
    ]);
  });

  test('what the help of a command loads by a detour, and not what its action loads', () => {
    const main = "import { a } from './a.ts';\nconst { b } = await import('./b.ts');";
    const loaded = new Map([
      ['services/cli/x/main.ts', main],
      ['services/cli/x/a.ts', "import { Redis } from 'ioredis';\nimport type { z } from 'zod';"],
      ['services/cli/x/b.ts', "import { Kafka } from 'kafkajs';"],
    ]);
    expect(helpFaults(loaded)).toEqual([
      'services/cli/x/main.ts loads ioredis at once, by services/cli/x/a.ts',
    ]);
  });

  test('a cycle', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['a']],
    ]);
    expect(cyclesOf(graph)).toEqual(['a → b → c → a']);
  });

  test('a name that two files export, and not one that a file exports again', () => {
    const twice = new Map([
      ['a.ts', 'export interface Row {}\nexport function read() {}'],
      ['b.ts', 'export type Row = string;\nexport { read } from "./a.ts";'],
      ['c.ts', 'const Row = 1;'],
    ]);
    expect(namesExportedTwice(twice)).toEqual(['Row: a.ts, b.ts']);
  });
});
