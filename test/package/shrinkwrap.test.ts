import { expect, test } from '@jest/globals';
import { type LockEntries, shrinkwrapOf } from '#package/shrinkwrap.ts';

const ROOT = { dependencies: { a: '1.0.0', b: '1.0.0' } };

const LOCK: LockEntries = {
  '': { dependencies: { a: '1.0.0' }, devDependencies: { tool: '1.0.0' } },
  'node_modules/a': {
    version: '1.0.0',
    dependencies: { shared: '^1.0.0' },
    optionalDependencies: { native: '^1.0.0' },
    peerDependencies: { peer: '*', compiler: '*' },
    peerDependenciesMeta: { compiler: { optional: true } },
  },
  'node_modules/b': { version: '1.0.0', dependencies: { shared: '^2.0.0', missing: '*' } },
  'node_modules/b/node_modules/shared': { version: '2.0.0', dependencies: { deep: '*', a: '*' } },
  'node_modules/shared': { version: '1.0.0' },
  'node_modules/deep': { version: '1.0.0', dev: true },
  'node_modules/native': { version: '1.0.0', devOptional: true, dependencies: { under: '*' } },
  'node_modules/under': { version: '1.0.0', optional: true },
  'node_modules/peer': { version: '1.0.0', peer: true },
  'node_modules/compiler': { version: '7.0.0', devOptional: true },
  'node_modules/tool': { version: '1.0.0', dev: true },
};

const published = shrinkwrapOf(LOCK, ROOT);

test('it holds what the root reaches, and nothing of what only development reaches', () => {
  expect(Object.keys(published)).toEqual([
    '',
    'node_modules/a',
    'node_modules/b',
    'node_modules/b/node_modules/shared',
    'node_modules/deep',
    'node_modules/native',
    'node_modules/peer',
    'node_modules/shared',
    'node_modules/under',
  ]);
  expect(published['']).toEqual(ROOT);
});

test('an entry is optional when only optional ones need it, and says nothing of the checkout', () => {
  expect(published['node_modules/native']).toMatchObject({ optional: true });
  expect(published['node_modules/under']).toEqual({ version: '1.0.0', optional: true });
  expect(published['node_modules/deep']).toEqual({ version: '1.0.0' });
  expect(published['node_modules/peer']).toEqual({ version: '1.0.0' });
  expect(JSON.stringify(published)).not.toMatch(/"dev/);
});

test('names that objects have by themselves are names of packages like others', () => {
  const root = { dependencies: { constructor: '1.0.0' } };
  expect(Object.keys(shrinkwrapOf(LOCK, root))).toEqual(['']);
});
